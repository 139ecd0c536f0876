//! How long exports took, in a few hundred bytes.

use std::time::Duration;

/// Counts of durations in buckets that are a quarter of a power of two wide.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latency {
    /// Grows up to the longest duration seen; 252 at most.
    buckets: Vec<u64>,
    sum: Duration,
}

impl Latency {
    pub(crate) fn record(&mut self, took: Duration) {
        let at = bucket(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if self.buckets.len() <= at {
            self.buckets.resize(at + 1, 0);
        }
        self.buckets[at] += 1;
        self.sum = self.sum.saturating_add(took);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    pub(crate) fn sum(&self) -> Duration {
        self.sum
    }

    /// The duration that `share` of the exports did not exceed, up to a quarter too long; nothing before the first.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_micros(upper(at)))
    }
}

/// 0 to 3 each have a bucket of their own; from 4 up there are four to each power of two.
fn bucket(micros: u64) -> usize {
    if micros < 4 {
        return micros as usize;
    }
    let octave = micros.ilog2();
    let quarter = (micros >> (octave - 2)) & 3;
    (octave as usize - 1) * 4 + quarter as usize
}

/// The largest value of a bucket.
fn upper(bucket: usize) -> u64 {
    if bucket < 4 {
        return bucket as u64;
    }
    let (octave, quarter) = (bucket / 4 + 1, bucket % 4);
    let first = (4 + quarter as u64) << (octave - 2);
    first + ((1u64 << (octave - 2)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_less_than_a_quarter_above_any_value_in_it() {
        for micros in (0..20_000).chain([u64::from(u32::MAX), u64::MAX / 3, u64::MAX]) {
            let upper = upper(bucket(micros));
            assert!(upper >= micros && upper - micros <= micros / 4, "{micros} {upper}");
        }
    }

    #[test]
    fn quantiles_are_those_of_what_was_recorded() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile(0.5), None);
        for millis in 1..=100 {
            latency.record(Duration::from_millis(millis));
        }
        let within = |share: f64, millis: u64| {
            let found = latency.quantile(share).map_or(0.0, |found| found.as_secs_f64() * 1000.0);
            found >= millis as f64 && found <= millis as f64 * 1.25
        };
        assert!(within(0.5, 50) && within(0.99, 99), "{latency:?}");
        let mut both = Latency::default();
        both.record(Duration::from_secs(1));
        both.merge(&latency);
        assert_eq!((both.count(), both.sum().as_millis()), (101, 6050));
    }
}
