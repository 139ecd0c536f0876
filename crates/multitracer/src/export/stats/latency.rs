//! The durations of exports, in a few hundred bytes.

use std::time::Duration;

/// The durations of the exports of one exporter, with retries.
///
/// A percentile is too long by at most a quarter, because durations are counted in buckets.
///
/// ```
/// let registry = multitracer::Registry::from_yaml("tracers: {production: {exporter: console}}")?;
/// let stats = registry.stats();
/// let latency = &stats.tracers()[0].export_latency;
/// assert_eq!((latency.count(), latency.p50()), (0, None));
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExportLatency {
    /// Counts per bucket; each bucket is a quarter of a power of two of microseconds wide. There
    /// are as many as the longest duration needs, 252 at most.
    buckets: Vec<u64>,
    sum: Duration,
}

impl ExportLatency {
    /// Returns the duration that half of the exports did not exceed; `None` before the first
    /// export.
    #[must_use]
    pub fn p50(&self) -> Option<Duration> {
        self.quantile(0.5)
    }

    /// Returns the duration that 99 % of the exports did not exceed; `None` before the first
    /// export.
    #[must_use]
    pub fn p99(&self) -> Option<Duration> {
        self.quantile(0.99)
    }

    /// Returns the number of completed exports.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Returns the total duration of all completed exports.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.sum
    }

    pub(crate) fn record(&mut self, elapsed: Duration) {
        let index = bucket(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX));
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, 0);
        }
        self.buckets[index] += 1;
        self.sum = self.sum.saturating_add(elapsed);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for (count, added) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += added;
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// Returns the duration that the share `share` of the exports did not exceed.
    fn quantile(&self, share: f64) -> Option<Duration> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let index = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_micros(upper_bound(index)))
    }
}

/// Returns the bucket of a duration. 0 to 3 have a bucket each; from 4 on, each power of two has
/// four.
fn bucket(micros: u64) -> usize {
    if micros < 4 {
        return micros as usize;
    }
    let octave = micros.ilog2();
    let quarter = (micros >> (octave - 2)) & 3;
    (octave as usize - 1) * 4 + quarter as usize
}

/// Returns the largest duration of a bucket, in microseconds.
fn upper_bound(bucket: usize) -> u64 {
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
            let upper = upper_bound(bucket(micros));
            assert!(upper >= micros && upper - micros <= micros / 4, "{micros} {upper}");
        }
    }

    #[test]
    fn quantiles_match_the_recorded_durations() {
        let mut latency = ExportLatency::default();
        assert_eq!(latency.quantile(0.5), None);
        for millis in 1..=100 {
            latency.record(Duration::from_millis(millis));
        }
        let within = |share: f64, millis: u64| {
            let found = latency.quantile(share).map_or(0.0, |found| found.as_secs_f64() * 1000.0);
            found >= millis as f64 && found <= millis as f64 * 1.25
        };
        assert!(within(0.5, 50) && within(0.99, 99), "{latency:?}");
        let mut both = ExportLatency::default();
        both.record(Duration::from_secs(1));
        both.merge(&latency);
        assert_eq!((both.count(), both.sum().as_millis()), (101, 6050));
    }
}
