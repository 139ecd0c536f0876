//! Routing: ordered rules on the headers of a request. The first match decides the tracer.
//!
//! [`Registry::route`](crate::Registry::route) takes any type that implements [`Headers`] and
//! returns a [`Route`]. [`Registry::explain_route`](crate::Registry::explain_route) also says why.

mod explain;
mod headers;
mod route;
mod router;
#[cfg(test)]
mod tests;
mod unit;

pub use self::explain::{Explanation, RuleOutcome};
pub use self::headers::Headers;
pub use self::route::Route;

pub(crate) use self::headers::add_occurrence;
pub(crate) use self::router::Router;
