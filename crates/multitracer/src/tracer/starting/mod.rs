//! The start of spans: sampling, parents, limits and marks.

pub(super) mod library_span;
pub(super) mod own_span;
pub(super) mod quick;
pub(super) mod quick_library;
#[cfg(feature = "tower")]
pub(super) mod request;
pub(super) mod span_limit;
pub(super) mod span_marks;
pub(super) mod start;
