//! `rate_limited`: so many traces a second, however many there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingResult, ShouldSample};

use super::{decided, parent_of};

const SECOND: u64 = 1_000_000_000;

/// Keeps at most `per_second` new traces a second, and what is inside them.
///
/// A token bucket that holds one second's worth and starts full, without a lock: all that is kept is the time at which the
/// bucket will be full again (the generic cell rate algorithm). A sampled parent in another process costs a token too,
/// since anybody can send a `traceparent`; an unsampled one stays unsampled.
#[derive(Clone, Debug)]
pub(super) struct RateLimited(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    /// Nanoseconds that one token takes to come back.
    token: u64,
    /// Nanoseconds that all of them take.
    all: u64,
    started: Instant,
    /// In nanoseconds since `started`.
    full_at: AtomicU64,
}

impl RateLimited {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        let token = SECOND / per_second;
        let all = token * per_second;
        Self(Arc::new(Bucket { token, all, started: Instant::now(), full_at: AtomicU64::new(0) }))
    }
}

impl Bucket {
    fn take(&self) -> bool {
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.take_at(now)
    }

    fn take_at(&self, now: u64) -> bool {
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let full_at = full_at.max(now) + self.token;
            (full_at - now <= self.all).then_some(full_at)
        });
        taken.is_ok()
    }
}

impl ShouldSample for RateLimited {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _trace_id: TraceId,
        _name: &str,
        _kind: &SpanKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent_of(parent);
        let keep = match &parent {
            Some(parent) => parent.is_sampled() && (!parent.is_remote() || self.0.take()),
            None => self.0.take(),
        };
        decided(keep, parent.as_ref())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn taken(bucket: &Bucket, now: u64, tries: usize) -> usize {
        (0..tries).filter(|_| bucket.take_at(now)).count()
    }

    #[test]
    fn a_second_holds_so_many_and_they_come_back_one_by_one() {
        let limited = RateLimited::new(10);
        let bucket = &*limited.0;
        assert_eq!(taken(bucket, 0, 100), 10);
        assert_eq!(taken(bucket, SECOND / 10 - 1, 100), 0);
        assert_eq!(taken(bucket, SECOND / 10, 100), 1);
        assert_eq!(taken(bucket, SECOND / 2, 100), 4);
        // a long rest saves up no more than one second's worth
        assert_eq!(taken(bucket, 100 * SECOND, 100), 10);
    }

    #[test]
    fn odd_rates_hold_too() {
        for per_second in [1, 3, 7, 1_000_000] {
            let limited = RateLimited::new(per_second);
            let most = usize::try_from(per_second).unwrap();
            assert_eq!(taken(&limited.0, 0, most + 10), most, "{per_second}");
        }
    }

    #[test]
    fn many_threads_take_no_more_than_there_is() {
        let limited = RateLimited::new(1000);
        let count = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| taken(&limited.0, SECOND, 1000))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(count, 1000);
    }
}
