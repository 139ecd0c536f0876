//! The construction of a registry, from a configuration or from code.

pub(super) mod assemble;
pub(super) mod builder;
mod construct;
pub(super) mod experiment_builder;
pub(super) mod route_builder;
pub(super) mod spec;
pub(super) mod tracer_builder;

#[cfg(test)]
mod tests;
