//! The ambient tracer: its entry in a `Context`, and the functions that run work under a tracer.

pub(super) mod context_propagation;
pub(super) mod frame;
pub(super) mod future;
mod scope;
pub(super) mod span_owners;
