//! The split `murmur3_32_v1`: the mapping from a unit to a variant.
//!
//! The hash of a unit times the sum of the weights is the unit's *position*, a fixed-point number.
//! Its upper 32 bits are the bucket, in `0..total`. Its lower 32 bits are the place inside the
//! bucket. Each variant owns as many buckets as its weight, in the order of the configuration. The
//! unit gets the first variant whose cumulative weight exceeds the bucket.
//!
//! Coverage keeps the first part of each variant's range and gives the rest to the fallback. The
//! ranges do not depend on the coverage. Raising the coverage therefore adds units to variants, and
//! moves none between variants. Coverage compares positions, because buckets are too coarse. With
//! weights 1 and 1 there are two buckets, and a coverage of 1 % would round to 0 % or 100 %.

use super::Reason;
use super::hash::Murmur3;
use crate::config::model::ExperimentConfig;

/// The rule by which an experiment assigns units to variants.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    /// The hash's state after the salt.
    salted: Murmur3,
    total_weight: u32,
    /// In the order of the variants.
    ranges: Box<[VariantRange]>,
    coverage: f64,
}

/// The range of one variant's positions. It starts at the end of the range before.
#[derive(Clone, Copy, Debug)]
struct VariantRange {
    end: u64,
    /// Positions from here to `end` belong to the fallback.
    covered_end: u64,
}

/// The result of assigning one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SplitResult {
    /// The index of the variant, or `None` for the fallback.
    pub(crate) variant: Option<usize>,
    pub(crate) reason: Reason,
    /// Zero without a unit.
    pub(crate) hash: u32,
    /// Zero without a unit.
    pub(crate) bucket: u32,
}

impl Split {
    /// Creates the split of a checked experiment. A sum of weights above `u32::MAX` saturates,
    /// which a checked configuration rules out.
    pub(crate) fn new(experiment: &ExperimentConfig) -> Self {
        let coverage = experiment.coverage.clamp(0.0, 1.0);
        let mut total_weight = 0_u32;
        let ranges = experiment
            .variants
            .iter()
            .map(|variant| {
                let start = u64::from(total_weight) << 32;
                total_weight = total_weight.saturating_add(variant.weight);
                let end = u64::from(total_weight) << 32;
                // at most 32 bits of the width are significant, so `f64` is exact and full coverage
                // is full
                let covered = ((end - start) as f64 * coverage) as u64;
                VariantRange { end, covered_end: start + covered }
            })
            .collect();
        let salted = Murmur3::new(0).update(experiment.salt.as_bytes());
        Self { salted, total_weight, ranges, coverage }
    }

    /// Returns the weights of the variants, in the configuration's order.
    pub(super) fn weights(&self) -> impl Iterator<Item = u32> {
        let starts = std::iter::once(0).chain(self.ranges.iter().map(|range| range.end));
        self.ranges.iter().zip(starts).map(|(range, start)| ((range.end - start) >> 32) as u32)
    }

    pub(super) fn coverage(&self) -> f64 {
        self.coverage
    }

    /// Assigns `unit` to a variant or to the fallback.
    ///
    /// A missing or empty unit gets the fallback. Its hash would put all requests without an
    /// identity into one variant.
    pub(crate) fn assign(&self, unit: Option<&str>) -> SplitResult {
        let Some(unit) = unit.filter(|unit| !unit.is_empty()) else {
            return SplitResult { variant: None, reason: Reason::Default, hash: 0, bucket: 0 };
        };
        let hash = self.salted.update(unit.as_bytes()).finish();
        let position = u64::from(hash) * u64::from(self.total_weight);
        let index = self.ranges.partition_point(|range| range.end <= position);
        let is_covered = self.ranges.get(index).is_some_and(|range| position < range.covered_end);
        SplitResult {
            variant: is_covered.then_some(index),
            reason: if is_covered { Reason::Split } else { Reason::Default },
            hash,
            bucket: (position >> 32) as u32,
        }
    }
}
