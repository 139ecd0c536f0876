//! A span that knows its tracer.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::SystemTime;

use opentelemetry::trace::{Span, SpanContext, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::span_limit::SpanPermit;
use crate::export::is_export_thread;
use crate::tracer::choice::interned_name::TracerId;

/// A span with the identity of its tracer, as a `Context` holds it.
///
/// A `Context` gives access to its span only through OpenTelemetry's interface. [`creator`]
/// therefore asks for the tracer by setting the status `Unset`, which changes no span. A tagged
/// span answers in a thread-local variable.
#[derive(Debug)]
pub(crate) struct TaggedSpan<S> {
    span: S,
    tracer: TracerId,
    /// Released when the span is dropped.
    _permit: Option<SpanPermit>,
}

thread_local! {
    static ASKED: Cell<bool> = const { Cell::new(false) };
    static ANSWER: Cell<Option<TracerId>> = const { Cell::new(None) };
}

/// Returns the tracer that started the current span of `cx`, if the span is a tagged span of this
/// process.
pub(crate) fn creator(cx: &Context) -> Option<TracerId> {
    // these variables may be destroyed when a thread ends
    ASKED.try_with(|asked| asked.set(true)).ok()?;
    cx.span().set_status(Status::Unset);
    ASKED.try_with(|asked| asked.set(false)).ok()?;
    ANSWER.try_with(Cell::take).ok()?
}

impl<S> TaggedSpan<S> {
    pub(in crate::tracer) fn new(span: S, tracer: TracerId, permit: Option<SpanPermit>) -> Self {
        Self { span, tracer, _permit: permit }
    }
}

impl<S: Span> Span for TaggedSpan<S> {
    fn set_status(&mut self, status: Status) {
        if status == Status::Unset {
            if ASKED.try_with(Cell::get).unwrap_or(false) {
                ANSWER.try_with(|answer| answer.set(Some(self.tracer))).ok();
            }
            return;
        }
        self.span.set_status(status);
    }

    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
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
