//! The ambient tracer: its entry in a `Context`, and the functions that run work under a tracer.

pub(super) mod context_propagation;
pub(super) mod current;
pub(super) mod decision;
pub(super) mod dropping;
pub(super) mod frame;
pub(super) mod future;
pub(super) mod nearest;
mod remembered;
mod scope;
