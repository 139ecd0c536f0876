//! Experiments: hash-based splits that give a unit of traffic the same variant every time.
//!
//! An [`Experiment`] assigns a unit, such as a user id, to a variant. The [`Assignment`] chooses
//! the variant's tracer and records itself on spans. The algorithm is `murmur3_32_v1`. It is
//! frozen, because another mapping would move users between variants.

mod assigner;
mod assignment;
mod exposure;
mod hash;
mod reason;
mod split;
#[cfg(test)]
mod tests;
mod unknown;

pub use self::assigner::Experiment;
pub(crate) use self::assigner::{ExperimentCore, Variant};
pub use self::assignment::Assignment;
pub use self::reason::Reason;
pub(crate) use self::split::Split;
pub use self::unknown::UnknownExperimentError;
