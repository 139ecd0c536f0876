//! The pause that a backend asked for.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// The pause that a backend asked for. It holds for every export of one exporter, and only grows.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    /// The moment before which the backend accepts no request.
    until: Mutex<Option<Instant>>,
}

impl Pause {
    /// Extends the pause to `moment`, unless it is longer already.
    pub(crate) fn extend_to(&self, moment: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(Some(moment));
    }

    /// Returns the end of the pause, if it is not over.
    pub(crate) fn end(&self) -> Option<Instant> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|moment| *moment > Instant::now())
    }

    /// Waits until the pause is over.
    pub(crate) async fn over(&self) {
        // another export may extend the pause meanwhile
        while let Some(end) = self.end() {
            tokio::time::sleep_until(end).await;
        }
    }
}
