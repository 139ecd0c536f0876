//! The conversion of ended spans to and from `SpanData` of the OpenTelemetry SDK.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanContext;
use opentelemetry_sdk::trace::SpanData;

use super::details::Details;
use super::scope::RecordScope;
use super::span_record::SpanRecord;

impl SpanRecord {
    /// Moves the data out. The record keeps the memory of its attributes.
    pub(crate) fn take_span_data(&mut self) -> SpanData {
        let mut attributes = std::mem::take(&mut self.attributes);
        let span = std::mem::take(self).into_span_data(attributes.drain(..));
        self.attributes = attributes;
        span
    }

    /// Converts the record. `attributes` are those that were moved out of it.
    pub(super) fn into_span_data(self, attributes: impl ExactSizeIterator<Item = KeyValue>) -> SpanData {
        let activity = self.activity();
        let more = usize::from(self.code_attributes) + activity.as_ref().map_or(0, |pair| pair.len());
        let mut all = Vec::with_capacity(attributes.len() + more);
        self.add_code_attributes(&mut all);
        all.extend(attributes);
        all.extend(activity.into_iter().flatten());
        let instrumentation_scope = self.scope().clone();
        let Details { trace_state, events, links, status } =
            self.details.map_or_else(Details::default, |some| *some);
        SpanData {
            span_context: SpanContext::new(self.trace, self.id, self.flags, false, trace_state),
            parent_span_id: self.parent,
            parent_span_is_remote: self.is_parent_remote,
            span_kind: self.kind,
            name: self.name,
            start_time: self.start_time,
            end_time: self.end_time,
            attributes: all,
            dropped_attributes_count: self.dropped_attributes,
            events,
            links,
            status,
            instrumentation_scope,
        }
    }
}

impl From<SpanData> for SpanRecord {
    fn from(span: SpanData) -> Self {
        let context = &span.span_context;
        let mut record = *Self::start(context, span.name, span.span_kind, None, span.start_time);
        record.parent = span.parent_span_id;
        record.is_parent_remote = span.parent_span_is_remote;
        record.dropped_attributes = span.dropped_attributes_count;
        record.end_time = span.end_time;
        record.attributes = span.attributes;
        let trace_state = context.trace_state().clone();
        let details = Details { trace_state, events: span.events, links: span.links, status: span.status };
        record.details = Some(Box::new(details));
        record.scope = RecordScope::Library(Arc::new(span.instrumentation_scope));
        record.estimate_size();
        record
    }
}
