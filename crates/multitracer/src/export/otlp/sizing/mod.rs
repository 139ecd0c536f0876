//! Requests that a backend calls too large, and the parts in which they are sent.

mod export;
mod size_limit;
mod split;

pub(super) use self::export::{Wire, export};
pub(super) use self::size_limit::SizeLimit;
