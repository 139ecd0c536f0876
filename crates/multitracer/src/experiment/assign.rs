//! `murmur3_32_v1`: from a unit to a variant.
//!
//! The hash of a unit, times the sum of the weights, is the unit's *position*: a fixed-point number whose upper
//! 32 bits are the bucket, within `0..total`, and whose lower 32 bits say where in the bucket the unit is. Each
//! variant owns the buckets from the sum of the weights before it up to that sum plus its own weight; the first
//! variant whose cumulative weight exceeds the bucket is the unit's.
//!
//! Coverage keeps the first part of every variant's own range and leaves the rest to the fallback. The ranges do
//! not depend on the coverage, so that raising it adds units to variants and moves none between them. It is
//! compared with the position rather than with the bucket: with weights of 1 and 1 there are two buckets, and a
//! coverage of 1 % could not be told from 0 % or 100 % on that scale.

use super::Reason;
use super::hash::Murmur3;
use crate::config::model::ExperimentConfig;

/// How an experiment splits its units.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// The hash's state after the salt.
    salted: Murmur3,
    total: u32,
    arms: Box<[Arm]>,
    coverage: f64,
}

/// A variant's range of positions; it starts where the one before it ends.
#[derive(Clone, Copy, Debug)]
struct Arm {
    end: u64,
    /// Positions from here to `end` are the fallback's.
    covered_end: u64,
}

/// What a unit was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The variant's index; `None`: the fallback.
    pub(crate) variant: Option<usize>,
    pub(crate) reason: Reason,
    /// Zero without a unit.
    pub(crate) hash: u32,
    /// Zero without a unit.
    pub(crate) bucket: u32,
}

impl Split {
    /// Weights that sum to more than `u32::MAX` are cut there; a checked configuration has none.
    pub(crate) fn new(experiment: &ExperimentConfig) -> Self {
        let coverage = experiment.coverage.clamp(0.0, 1.0);
        let mut total = 0_u32;
        let arms = experiment
            .variants
            .iter()
            .map(|variant| {
                let start = u64::from(total) << 32;
                total = total.saturating_add(variant.weight);
                let end = u64::from(total) << 32;
                // The width has at most 32 significant bits, so `f64` holds it exactly and full coverage is full.
                let covered = ((end - start) as f64 * coverage) as u64;
                Arm { end, covered_end: start + covered }
            })
            .collect();
        Self { salted: Murmur3::new(0).update(experiment.salt.as_bytes()), total, arms, coverage }
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = u32> {
        let starts = std::iter::once(0).chain(self.arms.iter().map(|arm| arm.end));
        self.arms.iter().zip(starts).map(|(arm, start)| ((arm.end - start) >> 32) as u32)
    }

    pub(super) fn coverage(&self) -> f64 {
        self.coverage
    }

    /// The variant of `unit`. A missing or empty unit takes the fallback: hashing the empty text would put everybody
    /// without an identity into one variant.
    pub(crate) fn assign(&self, unit: Option<&str>) -> Outcome {
        let Some(unit) = unit.filter(|unit| !unit.is_empty()) else {
            return Outcome { variant: None, reason: Reason::Default, hash: 0, bucket: 0 };
        };
        let hash = self.salted.update(unit.as_bytes()).finish();
        let position = u64::from(hash) * u64::from(self.total);
        let index = self.arms.partition_point(|arm| arm.end <= position);
        let covered = self.arms.get(index).is_some_and(|arm| position < arm.covered_end);
        Outcome {
            variant: covered.then_some(index),
            reason: if covered { Reason::Split } else { Reason::Default },
            hash,
            bucket: (position >> 32) as u32,
        }
    }
}
