//! A span that counts towards the limit of its trace until it is dropped.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, Status};

use super::span_limit::SpanPermit;
use crate::export::is_export_thread;

/// A span with its permit of `limits.max_spans_per_trace`.
#[derive(Debug)]
pub(crate) struct LimitedSpan<S> {
    span: S,
    /// Released when the span is dropped.
    _permit: Option<SpanPermit>,
}

impl<S> LimitedSpan<S> {
    pub(in crate::tracer) fn new(span: S, permit: Option<SpanPermit>) -> Self {
        Self { span, _permit: permit }
    }
}

impl<S: Span> Span for LimitedSpan<S> {
    fn set_status(&mut self, status: Status) {
        self.span.set_status(status);
    }

    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        // an exporter may work inside of a span
        if !is_export_thread() {
            self.span.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        self.span.span_context()
    }

    fn is_recording(&self) -> bool {
        self.span.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.span.set_attribute(attribute);
    }

    fn set_attributes(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        self.span.set_attributes(attributes);
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.span.update_name(name);
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        self.span.add_link(span_context, attributes);
    }

    fn end(&mut self) {
        self.span.end();
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.span.end_with_timestamp(timestamp);
    }
}
