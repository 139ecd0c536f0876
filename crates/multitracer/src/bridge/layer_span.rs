//! The span that tracing-opentelemetry holds.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, SpanId, Status};

use super::span::DispatchedSpan;
use crate::tracer::LibrarySpan;

thread_local! {
    static EVENT: Cell<Option<Delivery>> = const { Cell::new(None) };
}

/// An event on its way. tracing-opentelemetry gives it to the current span of `tracing`; but the innermost span may be one that
/// `tracing` does not know of, and then it is meant for that one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivery {
    /// The span that it is meant for; an invalid one for none at all.
    pub(super) to: SpanId,
    /// Whether tracing-opentelemetry brought it there.
    pub(super) arrived: bool,
}

impl Delivery {
    pub(super) fn begin(to: Option<SpanId>) {
        EVENT.set(to.map(|to| Self { to, arrived: false }));
    }

    pub(super) fn end() -> Option<Self> {
        EVENT.take()
    }

    /// Whether what is being done to `span` is meant for it.
    fn is_for(span: SpanId) -> bool {
        match EVENT.get() {
            None => true,
            Some(delivery) if delivery.to == span => {
                EVENT.set(Some(Self { arrived: true, ..delivery }));
                true
            }
            Some(_) => false,
        }
    }
}

/// A dispatched span that lets events by which are meant for another.
#[derive(Debug)]
pub(super) struct LayerSpan(DispatchedSpan);

impl LayerSpan {
    pub(super) fn new(span: LibrarySpan) -> Self {
        Self(DispatchedSpan::new(span))
    }

    fn is_meant(&self) -> bool {
        Delivery::is_for(self.0.span_context().span_id())
    }
}

impl Span for LayerSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if self.is_meant() {
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
        if self.is_meant() {
            self.0.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if self.is_meant() {
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
