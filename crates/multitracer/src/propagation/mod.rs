//! Propagation of trace context, baggage and routes between services.
//!
//! A service sends its current span as `traceparent` and `tracestate` (W3C trace context). It sends
//! `baggage` (W3C baggage) with an extra entry that names the route of the request. A service that
//! trusts its caller takes the same route, so a request stays in one project across services.
//!
//! | | HTTP and gRPC | any other protocol |
//! |---|---|---|
//! | server | `Registry::http_layer` (feature `tower`) | [`Registry::receive`](crate::Registry::receive) |
//! | client | `HttpClientLayer` (feature `tower`), [`inject`], [`outgoing_headers`] | [`inject`], [`Propagator`] |
//!
//! The library's own baggage entries start with `multitracer.`. Entries of such a name that other
//! code adds to a context are not sent, and have no effect on routing.

mod baggage;
mod carrier;
mod incoming;
mod outgoing;
mod propagator;
mod received;
mod traceparent;

pub use self::outgoing::{inject, outgoing_headers};
pub use self::propagator::{Propagator, propagator};
pub use self::received::Received;

#[cfg(feature = "tower")]
pub(crate) use self::carrier::ContextFields;
#[cfg(feature = "tower")]
pub(crate) use self::incoming::{ChosenRoute, Incoming, ignore_baggage};
#[cfg(feature = "tower")]
pub(crate) use self::received::Arriving;

/// The names of the header fields that carry a context.
const FIELDS: [&str; 3] = ["traceparent", "tracestate", "baggage"];
/// The name of the baggage entry for the route.
const ROUTE_ENTRY: &str = "multitracer.route";
/// The name of the baggage entry for the experiment variant, if the route leads to an experiment.
const VARIANT_ENTRY: &str = "multitracer.variant";
/// The prefix of the library's own baggage entries.
const OWN_PREFIX: &str = "multitracer.";
