//! What services tell each other: trace context, baggage, and in the baggage the name of the request's route.
//!
//! Baggage entries of ours start with `multitracer.`. They are written by us alone: whatever else put one into a context, it
//! neither leaves the process nor decides anything.

mod carrier;
mod incoming;
mod outgoing;
mod propagator;
mod received;

pub use self::outgoing::{inject, outgoing_headers};
pub use self::propagator::{Propagator, propagator};
pub use self::received::Received;

#[cfg(feature = "tower")]
pub(crate) use self::incoming::{ChosenRoute, Incoming};
#[cfg(feature = "tower")]
pub(crate) use self::received::with_route;

/// The entry that names the route.
const ROUTE_ENTRY: &str = "multitracer.route";
/// The entry that names the experiment's variant, where the route leads to one.
const VARIANT_ENTRY: &str = "multitracer.variant";
/// What all our entries start with.
const OWN_PREFIX: &str = "multitracer.";
