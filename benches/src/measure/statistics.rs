//! Medians and quantiles.

use serde::Serialize;

/// The median of values, with the bounds of their middle 80 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Returns the spread of values, or `None` without a value.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |share| quantile(&values, share);
        Some(Self { low: at(0.1)?, median: at(0.5)?, high: at(0.9)? })
    }
}

/// Returns the value below which this share of the sorted values lies.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn a_spread_has_the_middle_of_the_values() {
        let spread = Spread::of((0..=10).rev().map(f64::from));
        assert_eq!(spread, Some(Spread { low: 1.0, median: 5.0, high: 9.0 }));
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
