//! The marks of a span whose work failed, panicked or was cancelled.

use std::borrow::Cow;
use std::thread;

use opentelemetry::trace::{SpanRef, Status};
use opentelemetry::{KeyValue, Value};

/// Marks a span as failed with an error of this type. `description` may be empty.
pub(crate) fn mark_failed(
    span: &SpanRef<'_>,
    error_type: impl Into<Value>,
    description: impl Into<Cow<'static, str>>,
) {
    span.set_attribute(KeyValue::new("error.type", error_type));
    mark_error_status(span, description);
}

/// Gives a span the status `Error`, where no type of the error is known.
pub(crate) fn mark_error_status(span: &SpanRef<'_>, description: impl Into<Cow<'static, str>>) {
    span.set_status(Status::error(description));
}

/// Marks a span whose work panicked.
pub(crate) fn mark_panicked(span: &SpanRef<'_>) {
    mark_failed(span, "panic", "panicked");
}

/// Marks a span whose work was dropped before its end. The status stays unset.
pub(crate) fn mark_cancelled(span: &SpanRef<'_>) {
    span.set_attribute(KeyValue::new("multitracer.cancelled", true));
}

/// A watch for panics between its creation and its question, on the same thread.
#[derive(Debug)]
pub(crate) struct PanicWatch {
    was_panicking: bool,
}

impl PanicWatch {
    #[inline]
    pub(crate) fn start() -> Self {
        Self { was_panicking: thread::panicking() }
    }

    /// Returns `true` if the thread unwinds from a panic that began after the start.
    #[inline]
    pub(crate) fn saw_panic(&self) -> bool {
        thread::panicking() && !self.was_panicking
    }
}
