//! The sampler `rate_limited`: a limit of new traces per second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingResult, ShouldSample};

use super::sampling_result;

const SECOND: u64 = 1_000_000_000;

/// A sampler that starts at most `per_second` traces per second, and samples every span inside
/// them.
///
/// Its token bucket starts full and holds the tokens of one second. It needs no lock: it stores
/// only the time at which it is full again (the generic cell rate algorithm). A sampled remote
/// parent costs a token too, because any client can send a `traceparent`. An unsampled parent stays
/// unsampled.
#[derive(Clone, Debug)]
pub(super) struct RateLimited(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    /// The time in which one token refills.
    nanos_per_token: u64,
    /// The time in which an empty bucket refills.
    nanos_to_refill: u64,
    started: Instant,
    /// The time at which the bucket is full again, in nanoseconds since `started`.
    full_at: AtomicU64,
}

impl RateLimited {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        let nanos_per_token = SECOND / per_second;
        Self(Arc::new(Bucket {
            nanos_per_token,
            nanos_to_refill: nanos_per_token * per_second,
            started: Instant::now(),
            full_at: AtomicU64::new(0),
        }))
    }
}

impl Bucket {
    /// Takes a token and returns `true`, or returns `false` if the bucket is empty.
    fn try_take(&self) -> bool {
        let now = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.try_take_at(now)
    }

    fn try_take_at(&self, now: u64) -> bool {
        let taken = self.full_at.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let full_at = full_at.max(now) + self.nanos_per_token;
            (full_at - now <= self.nanos_to_refill).then_some(full_at)
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
        let parent = parent_span(parent);
        let is_sampled = match &parent {
            Some(parent) => parent.is_sampled() && (!parent.is_remote() || self.0.try_take()),
            None => self.0.try_take(),
        };
        sampling_result(is_sampled, parent.as_ref())
    }
}

/// Returns the parent of a new span in `cx`.
fn parent_span(cx: Option<&Context>) -> Option<SpanContext> {
    let cx = cx.filter(|cx| cx.has_active_span())?;
    let parent = cx.span().span_context().clone();
    parent.is_valid().then_some(parent)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn count_taken(bucket: &Bucket, now: u64, tries: usize) -> usize {
        (0..tries).filter(|_| bucket.try_take_at(now)).count()
    }

    #[test]
    fn a_full_bucket_holds_one_second_and_refills_token_by_token() {
        let limited = RateLimited::new(10);
        let bucket = &*limited.0;
        assert_eq!(count_taken(bucket, 0, 100), 10);
        assert_eq!(count_taken(bucket, SECOND / 10 - 1, 100), 0);
        assert_eq!(count_taken(bucket, SECOND / 10, 100), 1);
        assert_eq!(count_taken(bucket, SECOND / 2, 100), 4);
        // a long pause saves the tokens of one second only
        assert_eq!(count_taken(bucket, 100 * SECOND, 100), 10);
    }

    #[test]
    fn rates_that_do_not_divide_a_second_hold() {
        for per_second in [1, 3, 7, 1_000_000] {
            let limited = RateLimited::new(per_second);
            let limit = usize::try_from(per_second).unwrap();
            assert_eq!(count_taken(&limited.0, 0, limit + 10), limit, "{per_second}");
        }
    }

    #[test]
    fn threads_together_take_one_bucket() {
        let limited = RateLimited::new(1000);
        let count = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| count_taken(&limited.0, SECOND, 1000))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(count, 1000);
    }
}
