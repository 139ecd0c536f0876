//! The look-up of host names: bounded, cached, and apart from other blocking work.

mod cache;
mod lanes;
mod resolver;

pub(crate) use self::cache::Lookups;
pub(super) use self::resolver::Resolver;
