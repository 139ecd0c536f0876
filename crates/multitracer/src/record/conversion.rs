//! The conversion of ended spans to and from `SpanData` of the OpenTelemetry SDK.

use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

use super::size::estimated_size;
use super::span_record::{Details, SpanRecord};

impl From<SpanRecord> for SpanData {
    fn from(mut record: SpanRecord) -> Self {
        let instrumentation_scope = record.scope().clone();
        let mut attributes = std::mem::take(&mut record.attributes);
        record.add_code_attributes(&mut attributes);
        let Details { events, links, status } = record.details.map_or_else(Details::default, |some| *some);
        Self {
            span_context: record.context,
            parent_span_id: record.parent,
            parent_span_is_remote: record.is_parent_remote,
            span_kind: record.kind,
            name: record.name,
            start_time: record.start_time,
            end_time: record.end_time,
            attributes,
            dropped_attributes_count: record.dropped_attributes,
            events,
            links,
            status,
            instrumentation_scope,
        }
    }
}

impl From<SpanData> for SpanRecord {
    fn from(span: SpanData) -> Self {
        let details = Details { events: span.events, links: span.links, status: span.status };
        let mut record = Self {
            context: span.span_context,
            name: span.name,
            kind: span.span_kind,
            parent: span.parent_span_id,
            is_parent_remote: span.parent_span_is_remote,
            code_attributes: 0,
            dropped_attributes: span.dropped_attributes_count,
            code: None,
            start_time: span.start_time,
            end_time: span.end_time,
            attributes: span.attributes,
            details: Some(Box::new(details)),
            scope: Some(Arc::new(span.instrumentation_scope)),
            size: 0,
        };
        record.size = estimated_size(&record);
        record
    }
}
