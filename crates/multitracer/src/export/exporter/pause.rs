//! The pause that a backend asked for.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

/// The pause that a backend asked for. It holds for every export of a tracer to one endpoint, and
/// only grows.
#[derive(Debug)]
pub(crate) struct Pause {
    /// The moment before which the backend accepts no request.
    until: watch::Sender<Option<Instant>>,
}

impl Default for Pause {
    fn default() -> Self {
        Self { until: watch::Sender::new(None) }
    }
}

/// The number of exports that wait for the end of a pause before their first request.
#[derive(Clone, Debug)]
pub(crate) struct HeldExports(Arc<watch::Sender<usize>>);

impl Default for HeldExports {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl HeldExports {
    pub(crate) fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Returns a receiver of the count.
    pub(crate) fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    /// Counts an export until the guard is dropped.
    pub(super) fn hold(&self) -> HeldGuard {
        self.0.send_modify(|count| *count += 1);
        HeldGuard(self.clone())
    }
}

/// The guard of a counted export.
pub(super) struct HeldGuard(HeldExports);

impl Drop for HeldGuard {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

impl Pause {
    /// Extends the pause to `moment`, unless it is longer already.
    pub(crate) fn extend_to(&self, moment: Instant) {
        self.until.send_if_modified(|until| {
            let is_longer = *until < Some(moment);
            if is_longer {
                *until = Some(moment);
            }
            is_longer
        });
    }

    /// Returns the end of the pause, if it is not over.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.until.borrow().filter(|moment| *moment > Instant::now())
    }

    /// Waits until a pause begins. Returns at once during a pause.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) async fn begun(&self) {
        let is_pause = |until: &Option<Instant>| until.is_some_and(|moment| moment > Instant::now());
        // the sender lives as long as this future
        let _ = self.until.subscribe().wait_for(is_pause).await;
    }

    /// Waits until the pause is over.
    pub(crate) async fn over(&self) {
        // another export may extend the pause meanwhile
        while let Some(end) = self.end() {
            tokio::time::sleep_until(end).await;
        }
    }
}
