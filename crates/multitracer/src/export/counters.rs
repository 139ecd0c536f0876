//! What became of the spans that ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Counts of one pipeline. A span is in exactly one of them, or still in the queue.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) ended: AtomicU64,
    pub(crate) exported: AtomicU64,
    /// Refused by the backend in an answer that accepted the rest (OTLP partial success).
    pub(crate) rejected: AtomicU64,
    pub(crate) dropped_queue_full: AtomicU64,
    pub(crate) dropped_export_failed: AtomicU64,
    pub(crate) dropped_timeout: AtomicU64,
    pub(crate) dropped_panicked: AtomicU64,
    pub(crate) dropped_shutdown: AtomicU64,
    /// Never made: their trace had as many as `limits.max_spans_per_trace` allows.
    pub(crate) dropped_throttled: AtomicU64,
    last_error: Mutex<Option<String>>,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, spans: usize) {
        counter.fetch_add(spans as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    pub(crate) fn fail(&self, counter: &AtomicU64, spans: usize, error: String) {
        Self::add(counter, spans);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Dropped for any reason.
    pub(crate) fn dropped(&self) -> u64 {
        [
            &self.dropped_queue_full,
            &self.dropped_export_failed,
            &self.dropped_timeout,
            &self.dropped_panicked,
            &self.dropped_shutdown,
            &self.dropped_throttled,
        ]
        .into_iter()
        .map(Self::get)
        .sum()
    }
}
