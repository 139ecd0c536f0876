//! Tests of retries, on a paused clock.

use std::future::pending;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::export::outcome::{ExportError, ExportSuccess};

/// A retry, with the queue that counts it and the switch that stops it.
pub(in crate::export) struct RetryTest {
    pub(in crate::export) retry: Retry,
    shutdown: watch::Sender<ShutdownState>,
    queue: Arc<Queue>,
}

/// Returns a running retry with a time limit.
pub(in crate::export) async fn retry_within(limit: Duration) -> RetryTest {
    let queue = Arc::new(Queue::new("test".into(), 1, 1, 1));
    let (shutdown, state) = watch::channel(ShutdownState::Running);
    let mut retry = Retry::new(Arc::clone(&queue), limit, 10, state, Arc::default(), HeldExports::default());
    assert!(retry.start().await);
    RetryTest { retry, shutdown, queue }
}

fn failed(retry: Retryable) -> ExportOutcome {
    Err(ExportError::failed("as the test wants").retry(retry))
}

#[tokio::test(start_paused = true)]
async fn retries_until_the_time_limit() {
    let tries = AtomicU32::new(0);
    let RetryTest { mut retry, shutdown: _shutdown, queue } = retry_within(Duration::from_secs(30)).await;
    let started = Instant::now();
    let outcome = retry
        .run(
            |_| {
                tries.fetch_add(1, Ordering::Relaxed);
                async { failed(Retryable::Backoff) }
            },
            pending,
        )
        .await;
    assert!(outcome.is_err() && started.elapsed() < Duration::from_secs(30));
    let tries = tries.load(Ordering::Relaxed);
    assert!((9..=11).contains(&tries), "{tries}");
    assert_eq!(queue.counters().retries, u64::from(tries) - 1);
}

#[tokio::test(start_paused = true)]
async fn retries_at_most_max_retries_times() {
    let RetryTest { mut retry, shutdown: _shutdown, queue } = retry_within(Duration::from_secs(3600)).await;
    retry.left = 3;
    assert!(retry.run(|_| async { failed(Retryable::Backoff) }, pending).await.is_err());
    assert_eq!(queue.counters().retries, 3);
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_requested_delay_unless_it_is_too_long() {
    for (asked, tries) in [(7, 2), (31, 1)] {
        let RetryTest { mut retry, shutdown: _shutdown, queue } = retry_within(Duration::from_secs(30)).await;
        let (started, pause) = (Instant::now(), Arc::clone(&retry.pause));
        let mut count = 0;
        let outcome = retry
            .run(
                |_| {
                    count += 1;
                    let outcome = match count {
                        1 => failed(Retryable::After(Duration::from_secs(asked))),
                        _ => Ok(ExportSuccess::default()),
                    };
                    async { outcome }
                },
                pending,
            )
            .await;
        assert_eq!((queue.counters().retries + 1, outcome.is_ok()), (tries, tries == 2));
        let waited = if tries == 2 { asked } else { 0 };
        assert_eq!(started.elapsed().as_secs(), waited);
        let pause = pause.end();
        assert_eq!(pause, (tries == 1).then(|| started + Duration::from_secs(asked)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_can_be_reached_ends_the_delay_without_a_further_retry() {
    let RetryTest { mut retry, shutdown: _shutdown, queue } = retry_within(Duration::from_secs(60)).await;
    let (started, back) = (Instant::now(), Instant::now() + Duration::from_secs(12));
    let outcome = retry
        .run(
            |_| async move {
                if Instant::now() < back {
                    failed(Retryable::Unreachable)
                } else {
                    Ok(ExportSuccess::default())
                }
            },
            || tokio::time::sleep_until(back),
        )
        .await;
    assert!(outcome.is_ok());
    assert_eq!(started.elapsed(), Duration::from_secs(12), "the delay would last for longer");
    assert!((6..=9).contains(&queue.counters().retries), "{}", queue.counters().retries);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_can_be_reached_for_moments_uses_up_no_retries() {
    let RetryTest { mut retry, shutdown: _shutdown, queue } = retry_within(Duration::from_secs(3600)).await;
    let started = Instant::now();
    // each knock succeeds, and each request fails
    assert!(
        retry.run(|_| async { failed(Retryable::Unreachable) }, || std::future::ready(())).await.is_err()
    );
    assert_eq!(queue.counters().retries, 10);
    // every second delay is a whole one: 0.2 s, 0.8 s, 3.2 s, 5 s, 5 s; jitter may halve it
    assert!(started.elapsed() >= Duration::from_millis(7100), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn other_failures_keep_their_delays_when_the_host_can_be_reached() {
    let RetryTest { mut retry, shutdown: _shutdown, .. } = retry_within(Duration::from_secs(3600)).await;
    retry.left = 4;
    let started = Instant::now();
    assert!(retry.run(|_| async { failed(Retryable::Backoff) }, || std::future::ready(())).await.is_err());
    assert!(started.elapsed() >= Duration::from_millis(750), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_the_wait() {
    let RetryTest { mut retry, shutdown, queue } = retry_within(Duration::from_secs(30)).await;
    let started = Instant::now();
    let task =
        tokio::spawn(async move { retry.run(|_| async { failed(Retryable::Backoff) }, pending).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = queue.counters().retries;
    shutdown.send_replace(ShutdownState::StoppingBy(Instant::now() + Duration::from_secs(10)));
    assert!(task.await.is_ok_and(|outcome| outcome.is_err()));
    assert!(queue.counters().retries - before <= u64::from(LAST_ATTEMPTS));
    assert!(started.elapsed() < Duration::from_secs(12), "within the deadline");
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_ends_before_its_export() {
    let RetryTest { mut retry, shutdown: _shutdown, .. } = retry_within(Duration::from_secs(30)).await;
    let (started, mut count) = (Instant::now(), 0);
    let outcome = retry
        .run(
            |time_left| {
                count += 1;
                let (is_first, time_left) = (count == 1, time_left.unwrap_or_default());
                async move {
                    if is_first {
                        return failed(Retryable::Backoff);
                    }
                    tokio::time::sleep(time_left).await;
                    Err(ExportError::timed_out(time_left).retry(Retryable::Backoff))
                }
            },
            pending,
        )
        .await;
    let left = Duration::from_secs(30) - started.elapsed();
    assert!(left >= LAST_MOMENT && left < LAST_MOMENT * 2, "{left:?}");
    let message = outcome.err().map(|error| error.message).unwrap_or_default();
    assert!(message.ends_with("; before that: as the test wants"), "{message}");
    assert_eq!(message.matches("before that").count(), 1, "{message}");
}
