//! Choices of a tracer: names, constants, handles and decisions.

pub(super) mod as_tracer;
pub(super) mod interned_name;
pub(super) mod literal;
pub(super) mod tracer_name;
pub(super) mod unknown_name;
