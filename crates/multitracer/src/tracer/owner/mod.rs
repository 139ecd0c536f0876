//! The owner of a span, which its span id tells.

pub(super) mod builds;
mod scramble;
pub(super) mod span_id;
