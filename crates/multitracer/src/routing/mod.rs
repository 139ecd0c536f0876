//! From a request's headers to a route: ordered rules, the first match wins.

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
pub(crate) use self::router::Router;
