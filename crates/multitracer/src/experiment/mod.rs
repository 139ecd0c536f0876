//! Hash-based splits: a unit of traffic always lands in the same variant.
//!
//! [`hash`] is the hash function, [`assign`] the mapping from a hash to a variant. Together they are
//! `murmur3_32_v1`, which is frozen: another mapping would move users between variants.

mod assign;
mod assigner;
mod exposure;
mod hash;
mod reason;
#[cfg(test)]
mod tests;
mod unknown;

pub(crate) use self::assign::Split;
pub(crate) use self::assigner::ExperimentCore;
pub use self::assigner::{Assignment, Experiment};
pub use self::reason::Reason;
pub use self::unknown::UnknownExperimentError;
