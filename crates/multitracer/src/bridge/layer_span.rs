//! The span that tracing-opentelemetry holds for a span of `tracing`.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, Status};

use super::delivery::EventDelivery;
use super::dispatched_span::DispatchedSpan;
use crate::tracer::LibrarySpan;

/// A [`DispatchedSpan`] that ignores an event whose target is another span.
#[derive(Debug)]
pub(super) struct LayerSpan(DispatchedSpan);

impl LayerSpan {
    pub(super) fn new(span: LibrarySpan) -> Self {
        Self(DispatchedSpan::new(span))
    }

    /// Returns `false` while an event is delivered to another span.
    fn accepts_change(&self) -> bool {
        EventDelivery::is_for(self.0.span_context().span_id())
    }
}

impl Span for LayerSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if self.accepts_change() {
            self.0.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        self.0.span_context()
    }

    fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if self.accepts_change() {
            self.0.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if self.accepts_change() {
            self.0.set_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.0.update_name(name);
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        self.0.add_link(linked, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.0.end_with_timestamp(timestamp);
    }
}
