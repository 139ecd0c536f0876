//! The start of spans: sampling, parents, limits and marks.

pub(super) mod limited_span;
pub(super) mod otel_span;
pub(super) mod span_limit;
pub(super) mod span_marks;
pub(super) mod start;
pub(super) mod unsampled;
