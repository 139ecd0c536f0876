//! The one retry layer: jittered exponential backoff within a budget of time and attempts.
//!
//! What is retryable is the exporters' to say, by the rules of
//! [OTLP](https://opentelemetry.io/docs/specs/otlp/#failures).

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::outcome::{ExportError, ExportOutcome, Retryable};
use super::queue::Queue;

/// The first delay; each next one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// How long one export may be retried where `export_timeout` sets no limit.
const BUDGET: Duration = Duration::from_secs(60);

/// Attempts that one export has left once the tracer is being shut down: a backend that refuses connections
/// should not use up the deadline.
const LAST_ATTEMPTS: u32 = 4;

/// The longest that a backend is given where it asks for a pause; one that says "in a year" is asked again before that.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Whether, and by when, a pipeline is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    Open,
    By(Instant),
    /// The deadline has passed, and what is left is counted as lost.
    Abandoned,
}

/// One export's right to try again.
pub(crate) struct Retry {
    queue: Arc<Queue>,
    give_up: Instant,
    left: u32,
    closing: watch::Receiver<Closing>,
    retry_not_before: Option<Instant>,
    last: LastFailure,
}

/// Why the last attempt failed, for whoever cuts the export off.
pub(crate) type LastFailure = Arc<Mutex<Option<String>>>;

impl Retry {
    /// `limit` is the time that the whole export may take, zero for none; `most` the attempts after the first. Nothing is
    /// sent before `retry_not_before`.
    pub(crate) fn new(
        queue: Arc<Queue>,
        limit: Duration,
        most: u32,
        closing: watch::Receiver<Closing>,
        retry_not_before: Option<Instant>,
    ) -> Self {
        let limit = if limit.is_zero() { BUDGET } else { limit };
        // an attempt in the last moment would only be cut off
        let give_up = Instant::now() + (limit - limit / 20);
        Self { queue, give_up, left: most, closing, retry_not_before, last: Arc::default() }
    }

    pub(crate) fn last_failure(&self) -> LastFailure {
        Arc::clone(&self.last)
    }

    /// Calls `attempt` until it succeeds, fails for good, or would have to wait for longer than there is time.
    pub(crate) async fn run<F, Fut>(mut self, mut attempt: F) -> ExportOutcome
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = ExportOutcome>,
    {
        if let Some(retry_not_before) =
            self.retry_not_before.filter(|retry_not_before| *retry_not_before > Instant::now())
            && !self.wait(retry_not_before, false).await
        {
            let mut failure = ExportError::failed("the backend asked to wait for longer than there is time");
            failure.retry_not_before = Some(retry_not_before);
            return Err(failure);
        }
        let mut backoff = FIRST;
        let mut last_attempts = LAST_ATTEMPTS;
        loop {
            if !matches!(*self.closing.borrow(), Closing::Open) {
                last_attempts = last_attempts.saturating_sub(1);
            }
            let mut failure = match attempt().await {
                Ok(delivered) => return Ok(delivered),
                Err(failure) => failure,
            };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.message.clone());
            let (until, hurry) = match failure.retry {
                Retryable::Never => return Err(failure),
                Retryable::Backoff => (Instant::now() + jitter(backoff), true),
                Retryable::After(delay) => {
                    let until = Instant::now() + delay.min(LONGEST_PAUSE);
                    failure.retry_not_before = Some(until);
                    (until, false)
                }
            };
            backoff = (backoff * 2).min(LONGEST);
            if self.left == 0 || last_attempts == 0 || !self.wait(until, hurry).await {
                return Err(failure);
            }
            self.left -= 1;
            self.queue.count_retry();
        }
    }

    /// Waits until then, or less if a shutdown begins and `hurry` allows it. False: there is no time for it.
    async fn wait(&mut self, until: Instant, hurry: bool) -> bool {
        let closing = *self.closing.borrow_and_update();
        if !self.fits(until, closing) {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep_until(until) => return true,
            _ = self.closing.changed() => {}
        }
        let closing = *self.closing.borrow_and_update();
        if hurry && closing != Closing::Abandoned {
            return true;
        }
        if !self.fits(until, closing) {
            return false;
        }
        tokio::time::sleep_until(until).await;
        true
    }

    fn fits(&self, until: Instant, closing: Closing) -> bool {
        let limit = match closing {
            Closing::Open => self.give_up,
            Closing::By(deadline) => self.give_up.min(deadline),
            Closing::Abandoned => return false,
        };
        until < limit
    }
}

/// Somewhere between half of `delay` and all of it, so that processes that failed together do not come back together.
fn jitter(delay: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as u32;
    delay / 2 + (delay / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::export::outcome::ExportSuccess;

    fn retry(limit: Duration, closing: Closing) -> (Retry, watch::Sender<Closing>, Arc<Queue>) {
        let queue = Arc::new(Queue::new("test".into(), 1, 1, 1));
        let (send, receive) = watch::channel(closing);
        (Retry::new(Arc::clone(&queue), limit, 10, receive, None), send, queue)
    }

    fn fails(retry: Retryable) -> ExportOutcome {
        Err(ExportError::failed("told to").retry(retry))
    }

    #[tokio::test(start_paused = true)]
    async fn tries_again_until_the_budget_is_used_up() {
        let tries = AtomicU32::new(0);
        let (retry, _closing, queue) = retry(Duration::from_secs(30), Closing::Open);
        let started = Instant::now();
        let failed = retry
            .run(|| {
                tries.fetch_add(1, Ordering::Relaxed);
                async { fails(Retryable::Backoff) }
            })
            .await;
        assert!(failed.is_err() && started.elapsed() < Duration::from_secs(30));
        let tries = tries.load(Ordering::Relaxed);
        assert!((9..=11).contains(&tries), "{tries}");
        assert_eq!(queue.counters().retries, u64::from(tries) - 1);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_no_more_often_than_it_may() {
        let (mut retry, _closing, queue) = retry(Duration::from_secs(3600), Closing::Open);
        retry.left = 3;
        assert!(retry.run(|| async { fails(Retryable::Backoff) }).await.is_err());
        assert_eq!(queue.counters().retries, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_the_backend_asked_and_not_at_all_where_that_is_too_long() {
        for (asked, tries) in [(7, 2), (31, 1)] {
            let (retry, _closing, queue) = retry(Duration::from_secs(30), Closing::Open);
            let started = Instant::now();
            let mut count = 0;
            let outcome = retry
                .run(|| {
                    count += 1;
                    let outcome = match count {
                        1 => fails(Retryable::After(Duration::from_secs(asked))),
                        _ => Ok(ExportSuccess::default()),
                    };
                    async { outcome }
                })
                .await;
            assert_eq!((queue.counters().retries + 1, outcome.is_ok()), (tries, tries == 2));
            let waited = if tries == 2 { asked } else { 0 };
            assert_eq!(started.elapsed().as_secs(), waited);
            let retry_not_before = outcome.err().and_then(|failure| failure.retry_not_before);
            assert_eq!(retry_not_before, (tries == 1).then(|| started + Duration::from_secs(asked)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_ends_the_waiting() {
        let (retry, closing, queue) = retry(Duration::from_secs(30), Closing::Open);
        let started = Instant::now();
        let task = tokio::spawn(retry.run(|| async { fails(Retryable::Backoff) }));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let before = queue.counters().retries;
        closing.send_replace(Closing::By(Instant::now() + Duration::from_secs(10)));
        assert!(task.await.is_ok_and(|outcome| outcome.is_err()));
        assert!(queue.counters().retries - before <= u64::from(LAST_ATTEMPTS));
        assert!(started.elapsed() < Duration::from_secs(12), "within the deadline");
    }
}
