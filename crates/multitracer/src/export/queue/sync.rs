//! Locks, counts, timers and wake-ups of a queue: those of std and tokio, or models of them.
//!
//! With `--cfg multitracer_loom`, `loom` decides which thread does the next step.

#[cfg(not(all(test, multitracer_loom)))]
mod real {
    pub(in super::super) use std::sync::atomic::{AtomicBool, AtomicU64};
    pub(in super::super) use std::sync::{Mutex, MutexGuard};

    use std::time::{Duration, Instant};

    pub(in super::super) use tokio::sync::Notify;
    pub(in super::super) use tokio::time::sleep;

    pub(in super::super) const SHARDS: usize = 4;

    /// Waits until `delay` after `start`. The clock of the thread that took `start` may stand
    /// still, so `start` is no time of its runtime.
    pub(in super::super) async fn sleep_until(start: Instant, delay: Duration) {
        sleep(delay.saturating_sub(start.elapsed())).await;
    }
}

#[cfg(all(test, multitracer_loom))]
mod modelled {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::sync::PoisonError;
    use std::task::{Poll, Waker};
    use std::time::{Duration, Instant};

    pub(in super::super) use loom::sync::atomic::{AtomicBool, AtomicU64};
    pub(in super::super) use loom::sync::{Mutex, MutexGuard};

    /// Fewer than in a real queue, because each lock multiplies the orders.
    pub(in super::super) const SHARDS: usize = 2;

    thread_local! {
        // loom runs all threads of a model on one thread
        static TIMERS_ELAPSE: Cell<bool> = const { Cell::new(false) };
    }

    /// Sets whether timers elapse at once, or never.
    pub(in super::super) fn set_timers_elapse(elapse: bool) {
        TIMERS_ELAPSE.set(elapse);
    }

    pub(in super::super) async fn sleep(_: Duration) {
        // the time for which a worker looks at an empty queue is short
    }

    pub(in super::super) async fn sleep_until(_: Instant, _: Duration) {
        poll_fn(|_| if TIMERS_ELAPSE.get() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// A [`tokio::sync::Notify`] for one task that waits.
    #[derive(Debug)]
    pub(in super::super) struct Notify(Mutex<Notification>);

    #[derive(Debug)]
    struct Notification {
        is_sent: bool,
        waker: Option<Waker>,
    }

    impl Notify {
        pub(in super::super) fn new() -> Self {
            Self(Mutex::new(Notification { is_sent: false, waker: None }))
        }

        pub(in super::super) fn notify_one(&self) {
            let mut notification = self.lock();
            notification.is_sent = true;
            let waker = notification.waker.take();
            drop(notification);
            if let Some(waker) = waker {
                waker.wake();
            }
        }

        pub(in super::super) async fn notified(&self) {
            poll_fn(|context| {
                let mut notification = self.lock();
                if std::mem::take(&mut notification.is_sent) {
                    return Poll::Ready(());
                }
                let before = notification.waker.replace(context.waker().clone());
                drop(notification);
                drop(before);
                Poll::Pending
            })
            .await;
        }

        fn lock(&self) -> MutexGuard<'_, Notification> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}

#[cfg(all(test, multitracer_loom))]
pub(super) use self::modelled::*;
#[cfg(not(all(test, multitracer_loom)))]
pub(super) use self::real::*;
