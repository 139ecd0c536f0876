//! The measurement: contenders in processes of their own, which take turns.

mod arrivals;
mod contender;
mod driver;
mod protocol;
mod statistics;
mod workers;

pub(crate) use self::arrivals::Arrivals;
pub(crate) use self::contender::{Contender, Done, Size, Turn, times};
pub(crate) use self::driver::{Effort, measure};
pub(crate) use self::protocol::run_contender_if_asked;
pub(crate) use self::statistics::{Spread, quantile};
pub(crate) use self::workers::Workers;

/// Any error of a set-up or of a child process.
pub(crate) type Failure = Box<dyn std::error::Error>;
