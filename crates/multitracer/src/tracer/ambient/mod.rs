//! The ambient tracer: the entry of a `Context`, and the ways to run work under a tracer.

pub(super) mod context_propagation;
pub(super) mod frame;
pub(super) mod future;
mod scope;
pub(super) mod span_owners;
