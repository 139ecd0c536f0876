//! The conversion of ended spans to and from `SpanData` of the OpenTelemetry SDK.

use std::sync::Arc;

use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::trace::SpanData;

use super::details::Details;
use super::span_record::{BoxedRecord, SpanRecord};

impl SpanRecord {
    /// Moves the data out. The memory of the attributes stays, to be used again.
    pub(crate) fn take_span_data(&mut self) -> SpanData {
        let mut attributes = Vec::with_capacity(self.attributes.len() + usize::from(self.code_attributes));
        self.add_code_attributes(&mut attributes);
        attributes.append(&mut self.attributes);
        attributes.extend(self.activity().into_iter().flatten());
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

impl From<SpanData> for BoxedRecord {
    fn from(span: SpanData) -> Self {
        let context = &span.span_context;
        let mut record = SpanRecord::start(context, span.name, span.span_kind, None, span.start_time);
        record.parent = span.parent_span_id;
        record.is_parent_remote = span.parent_span_is_remote;
        record.dropped_attributes = span.dropped_attributes_count;
        record.end_time = span.end_time;
        record.attributes = span.attributes;
        let trace_state = context.trace_state().clone();
        let details = Details { trace_state, events: span.events, links: span.links, status: span.status };
        record.details = Some(Box::new(details));
        record.scope = Some(Arc::new(span.instrumentation_scope));
        record.estimate_size();
        record
    }
}
