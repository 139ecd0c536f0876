//! The conversion of ended spans to and from `SpanData` of the OpenTelemetry SDK.

use std::sync::Arc;

use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::trace::SpanData;

use super::size::estimated_size;
use super::span_record::{Details, SpanRecord};

impl SpanRecord {
    /// Moves the data out. The memory of the attributes stays, to be used again.
    pub(crate) fn take_span_data(&mut self) -> SpanData {
        let mut attributes = Vec::with_capacity(self.attributes.len() + usize::from(self.code_attributes));
        self.add_code_attributes(&mut attributes);
        attributes.append(&mut self.attributes);
        let details = self.details.take();
        let Details { trace_state, events, links, status } =
            details.map_or_else(Details::default, |some| *some);
        SpanData {
            span_context: SpanContext::new(self.trace, self.id, self.flags, false, trace_state),
            parent_span_id: self.parent,
            parent_span_is_remote: self.is_parent_remote,
            span_kind: self.kind.clone(),
            name: std::mem::take(&mut self.name),
            start_time: self.start_time,
            end_time: self.end_time,
            attributes,
            dropped_attributes_count: self.dropped_attributes,
            events,
            links,
            status,
            instrumentation_scope: self.scope().clone(),
        }
    }
}

impl From<SpanRecord> for SpanData {
    fn from(mut record: SpanRecord) -> Self {
        record.take_span_data()
    }
}

impl From<SpanData> for SpanRecord {
    fn from(span: SpanData) -> Self {
        let trace_state = span.span_context.trace_state().clone();
        let details = Details { trace_state, events: span.events, links: span.links, status: span.status };
        let mut record = Self {
            trace: span.span_context.trace_id(),
            id: span.span_context.span_id(),
            flags: span.span_context.trace_flags(),
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
