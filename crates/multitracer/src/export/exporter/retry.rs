//! The retries of an export: exponential backoff with jitter, limited in time and number.
//!
//! The exporters decide which errors are retryable, by the rules of
//! [OTLP](https://opentelemetry.io/docs/specs/otlp/#failures).

use std::convert::Infallible;
use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::pause::{HeldExports, Pause};
use super::settled::Settled;
use crate::export::outcome::{DropReason, ExportError, ExportOutcome, Retryable};
use crate::export::queue::Queue;

/// First delay of the backoff. Each further delay is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(100);

/// Longest delay of the backoff.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Time limit of an export with its retries, if `export_timeout` sets none.
const DEFAULT_LIMIT: Duration = Duration::from_secs(60);

/// Longest time between the end of the last attempt and that of its export. Without it, an export
/// could end first, and its exporter would not learn that the attempt timed out.
const LAST_MOMENT: Duration = Duration::from_millis(250);

/// Attempts that an export has left once its tracer shuts down. A backend that refuses connections
/// must not use up the shutdown's deadline.
const LAST_ATTEMPTS: u32 = 4;

/// Longest delay that a backend can ask for. A longer one is cut to this.
const MAX_REQUESTED_DELAY: Duration = Duration::from_secs(600);

/// The message of an export for which a pause of the backend leaves no time.
pub(crate) const NO_TIME: &str = "the backend asked to wait for longer than there is time";

/// The shutdown state of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShutdownState {
    /// No shutdown has begun.
    Running,
    /// A shutdown has begun and ends at this deadline.
    StoppingBy(Instant),
    /// The deadline has passed, and the remaining spans are counted as dropped.
    Abandoned,
}

/// The retries that one export has left.
pub(crate) struct Retry {
    queue: Arc<Queue>,
    limit: Duration,
    /// `None` until the backend may get the first request.
    deadline: Option<Instant>,
    /// The moment from which on the backend may get the first request, once it is known.
    admitted: watch::Sender<Option<Instant>>,
    /// `true` once the backend has got a request.
    has_attempted: bool,
    /// Time limit of all attempts, from the first one on. `None` for no limit.
    attempts_limit: Option<Duration>,
    /// The end of this limit.
    attempts_end: Option<Instant>,
    left: u32,
    shutdown: watch::Receiver<ShutdownState>,
    pause: Arc<Pause>,
    held: HeldExports,
    last_error: LastError,
    /// Dropped when the code of the export has ended.
    running: Option<oneshot::Sender<Infallible>>,
    settled: Arc<Settled>,
}

/// The message of an export's last failed attempt, shared with the task that may time it out.
pub(crate) type LastError = Arc<Mutex<Option<String>>>;

impl Retry {
    /// Creates the retries of an export that ends within `limit` and repeats up to `max_retries`
    /// times.
    ///
    /// A limit of zero means 60 s. No attempt is made during `pause`. The export is counted in
    /// `held` while it waits for the end of the pause before its first request.
    pub(crate) fn new(
        queue: Arc<Queue>,
        limit: Duration,
        max_retries: u32,
        shutdown: watch::Receiver<ShutdownState>,
        pause: Arc<Pause>,
        held: HeldExports,
    ) -> Self {
        let attempts_limit = (!limit.is_zero()).then(|| limit - (limit / 20).min(LAST_MOMENT));
        let limit = if limit.is_zero() { DEFAULT_LIMIT } else { limit };
        // an attempt in the last moment would be cut off
        let limit = limit - limit / 20;
        Self {
            queue,
            limit,
            deadline: None,
            admitted: watch::Sender::new(None),
            has_attempted: false,
            attempts_limit,
            attempts_end: None,
            left: max_retries,
            shutdown,
            pause,
            held,
            last_error: Arc::default(),
            running: None,
            settled: Arc::default(),
        }
    }

    /// Waits until the backend may get the first request. The time limit starts then.
    ///
    /// A batch that the backend has not refused is not lost in a pause. Returns `false` if a
    /// shutdown ends before the pause.
    pub(crate) async fn start(&mut self) -> bool {
        self.deadline = None;
        self.admitted.send_replace(None);
        let is_admitted = {
            let _held = self.pause.end().map(|_| self.held.hold());
            self.wait_for_pause().await
        };
        let now = Instant::now();
        self.deadline = now.checked_add(self.limit);
        self.attempts_end = self.attempts_limit.and_then(|limit| now.checked_add(limit));
        if is_admitted {
            self.admitted.send_replace(Some(now));
        }
        is_admitted
    }

    /// Returns a receiver of the moment from which on the backend may get the first request. A
    /// pause that begins before the first request makes it `None` again.
    pub(crate) fn admitted(&self) -> watch::Receiver<Option<Instant>> {
        self.admitted.subscribe()
    }

    /// Returns the pause of the backend.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn pause(&self) -> Arc<Pause> {
        Arc::clone(&self.pause)
    }

    /// Returns the message of the last failed attempt, which changes while the export runs.
    pub(crate) fn last_error(&self) -> LastError {
        Arc::clone(&self.last_error)
    }

    /// Returns a receiver that is ready once the code of the export has ended, with its retries. An
    /// exporter that blocks its thread can outlive the future of its export.
    pub(crate) fn ended(&mut self) -> oneshot::Receiver<Infallible> {
        let (running, ended) = oneshot::channel();
        self.running = Some(running);
        ended
    }

    /// Returns the spans of the export that are counted before it ends.
    pub(crate) fn settled(&self) -> Arc<Settled> {
        Arc::clone(&self.settled)
    }

    /// Counts the outcome of a part of the batch. The outcome of the export then counts the rest.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn settle(&self, spans: usize, elapsed: Duration, outcome: &ExportOutcome) {
        self.settled.add(spans, outcome.is_err(), || self.queue.complete(spans, elapsed, outcome));
    }

    /// Calls `attempt` until it succeeds, fails permanently, or has no time left for another try.
    /// `attempt` gets the time after which its export ends; `None` for no limit.
    ///
    /// If the host could not be reached, the delay ends as soon as `reachable` is ready.
    pub(crate) async fn run<F, Fut, R, Reachable>(&mut self, mut attempt: F, reachable: R) -> ExportOutcome
    where
        F: FnMut(Option<Duration>) -> Fut,
        Fut: Future<Output = ExportOutcome>,
        R: Fn() -> Reachable,
        Reachable: Future<Output = ()>,
    {
        let mut backoff = FIRST_DELAY;
        let mut may_end_early = true;
        let mut last_attempts = LAST_ATTEMPTS;
        loop {
            let is_stopping = !matches!(*self.shutdown.borrow(), ShutdownState::Running);
            let error = match attempt(self.time_left()).await {
                Ok(success) => return Ok(success),
                Err(error) => error,
            };
            if error.retry == Retryable::AfterPause {
                self.resume().await?;
                continue;
            }
            let error = self.note(error);
            self.has_attempted = true;
            if is_stopping {
                last_attempts = last_attempts.saturating_sub(1);
            }
            let (next_attempt, wait) = match error.retry {
                Retryable::Never | Retryable::AfterPause => return Err(error),
                Retryable::Backoff | Retryable::Unreachable => {
                    (Instant::now() + jitter(backoff), Wait::UntilShutdown)
                }
                Retryable::After(delay) => {
                    let next_attempt = Instant::now() + delay.min(MAX_REQUESTED_DELAY);
                    self.pause.extend_to(next_attempt);
                    (next_attempt, Wait::Full)
                }
            };
            backoff = (backoff * 2).min(MAX_DELAY);
            if self.left == 0 || last_attempts == 0 {
                return Err(error);
            }
            let may_try = tokio::select! {
                biased;
                may_try = self.wait_for_turn(next_attempt, wait) => Some(may_try),
                () = reachable(), if may_end_early && error.retry == Retryable::Unreachable => None,
            };
            // a host that can be reached only for moments must not use up the retries
            may_end_early = may_try.is_some();
            let may_try = match may_try {
                Some(may_try) => may_try,
                // another export may have learnt of a pause
                None => self.wait_for_pause().await,
            };
            if !may_try {
                return Err(error);
            }
            self.left -= 1;
            self.queue.count_retry();
        }
    }

    /// Waits until the pause is over that began before a request was sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the export has no time for that.
    async fn resume(&mut self) -> Result<(), ExportError> {
        if self.has_attempted {
            return if self.wait_for_pause().await { Ok(()) } else { Err(ExportError::failed(NO_TIME)) };
        }
        if self.start().await { Ok(()) } else { Err(ExportError::new(DropReason::Shutdown, NO_TIME)) }
    }

    fn time_left(&self) -> Option<Duration> {
        let left = self.attempts_end?.saturating_duration_since(Instant::now());
        // for messages, which show it
        Some(left - Duration::from_nanos(u64::from(left.subsec_nanos() % 1_000_000)))
    }

    /// Notes the error of an attempt. Adds the error before it, if the end of the export cut the
    /// attempt off.
    fn note(&self, mut error: ExportError) -> ExportError {
        let is_cut_off = error.reason == DropReason::Timeout && self.time_left() == Some(Duration::ZERO);
        let mut last_error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = last_error.take()
            && is_cut_off
        {
            error.message = format!("{}; before that: {before}", error.message);
        }
        *last_error = Some(error.message.clone());
        error
    }

    /// Waits until `moment`, and until the pause of the backend is over. Returns `false` if the
    /// export has no time for that.
    async fn wait_for_turn(&mut self, moment: Instant, wait: Wait) -> bool {
        // another export may extend the pause during the wait
        self.wait_for_pause().await && self.wait_until(moment, wait).await && self.wait_for_pause().await
    }

    /// Waits until the pause is over. Returns `false` if the export has no time for that.
    async fn wait_for_pause(&mut self) -> bool {
        while let Some(end) = self.pause.end() {
            if !self.wait_until(end, Wait::Full).await {
                return false;
            }
        }
        true
    }

    /// Waits until `moment`. Returns `false` if the export has no time for that.
    async fn wait_until(&mut self, moment: Instant, wait: Wait) -> bool {
        loop {
            let state = *self.shutdown.borrow_and_update();
            if !self.has_time_until(moment, state) {
                return false;
            }
            tokio::select! {
                () = tokio::time::sleep_until(moment) => return true,
                () = changed(&mut self.shutdown) => {}
            }
            let state = *self.shutdown.borrow();
            if wait == Wait::UntilShutdown && state != ShutdownState::Abandoned {
                return true;
            }
        }
    }

    fn has_time_until(&self, moment: Instant, state: ShutdownState) -> bool {
        let is_before = |deadline: Option<Instant>| deadline.is_none_or(|deadline| moment < deadline);
        match state {
            ShutdownState::Running => is_before(self.deadline),
            ShutdownState::StoppingBy(deadline) => is_before(self.deadline) && moment < deadline,
            ShutdownState::Abandoned => false,
        }
    }
}

/// Waits until the shutdown state changes. The state of a dropped pipeline never changes.
async fn changed(shutdown: &mut watch::Receiver<ShutdownState>) {
    if shutdown.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The length of a wait between two attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// The wait lasts its whole delay, because the backend asked for it.
    Full,
    /// The wait ends early when a shutdown begins.
    UntilShutdown,
}

/// Returns a random duration between half of `delay` and all of it, so that processes that failed
/// together do not retry together.
pub(crate) fn jitter(delay: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() as u32;
    delay / 2 + (delay / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
pub(super) mod tests;
