//! The conversion of ended spans to and from `SpanData` of the OpenTelemetry SDK.

use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

use super::ended_span::EndedSpan;
use super::span_record::{Details, SpanRecord};

impl From<EndedSpan> for SpanData {
    fn from(span: EndedSpan) -> Self {
        let instrumentation_scope = span.scope().clone();
        let code = span.code_attributes();
        let EndedSpan { context, end_time, record, .. } = span;
        let Details { events, links, status } = record.details.map_or_else(Details::default, |some| *some);
        let mut attributes = record.attributes;
        if record.code.is_some() {
            attributes.reserve_exact(record.code_attributes.into());
            attributes.extend(code);
            attributes.rotate_right(record.code_attributes.into());
        }
        Self {
            span_context: context,
            parent_span_id: record.parent,
            parent_span_is_remote: record.is_parent_remote,
            span_kind: record.kind,
            name: record.name,
            start_time: record.start_time,
            end_time,
            attributes,
            dropped_attributes_count: record.dropped_attributes,
            events,
            links,
            status,
            instrumentation_scope,
        }
    }
}

impl From<SpanData> for EndedSpan {
    fn from(span: SpanData) -> Self {
        let details = Details { events: span.events, links: span.links, status: span.status };
        let record = SpanRecord {
            name: span.name,
            kind: span.span_kind,
            parent: span.parent_span_id,
            is_parent_remote: span.parent_span_is_remote,
            code_attributes: 0,
            dropped_attributes: span.dropped_attributes_count,
            code: None,
            start_time: span.start_time,
            attributes: span.attributes,
            details: Some(Box::new(details)),
            scope: Some(Arc::new(span.instrumentation_scope)),
        };
        Self::new(span.span_context, span.end_time, record)
    }
}
