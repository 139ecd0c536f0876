//! Instructions and allocations of the hot paths of multitracer.
//!
//! `benches/counts/run` counts them and compares them with `benches/counts/counts.json`. Times vary
//! from run to run; these numbers do not.

mod allocations;
mod callgrind;
mod committed;
mod counts;
mod meter;
mod paths;
mod receiver;
mod table;
mod versions;

pub use self::allocations::{Allocations, count_allocations};
pub use self::callgrind::{Callgrind, Instructions};
pub use self::committed::Committed;
pub use self::counts::Counts;
pub use self::meter::{CALLS, Meter};
pub use self::paths::{PATHS, Path, Threads};
pub use self::receiver::start_receiver;
pub use self::table::compare;
pub use self::versions::Versions;
