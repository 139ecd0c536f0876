//! The decoder: from the tree to the model, with one file for each section of the
//! configuration.

mod baggage;
mod experiments;
mod overrides;
mod root;
mod routes;
mod tracer;

pub(crate) use self::overrides::apply as apply_overrides;
pub(crate) use self::root::read;
