//! The marks of a span whose work failed, panicked or was cancelled.

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status};

/// Marks a span as failed with an error of this type.
pub(crate) fn mark_failed(span: &SpanRef<'_>, error_type: &'static str) {
    mark_error(span, error_type, "");
}

/// Marks a span whose work panicked.
pub(crate) fn mark_panicked(span: &SpanRef<'_>) {
    mark_error(span, "panic", "panicked");
}

/// Marks a span whose work was dropped before its end. The status stays unset.
pub(crate) fn mark_cancelled(span: &SpanRef<'_>) {
    span.set_attribute(KeyValue::new("multitracer.cancelled", true));
}

fn mark_error(span: &SpanRef<'_>, error_type: &'static str, description: &'static str) {
    span.set_attribute(KeyValue::new("error.type", error_type));
    span.set_status(Status::error(description));
}
