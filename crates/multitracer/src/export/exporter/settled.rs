//! The spans of a batch whose outcome is counted before the export of the batch ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The spans of one export that are counted already. The export of a batch in parts counts each
/// part when its outcome is known.
#[derive(Debug, Default)]
pub(crate) struct Settled(Mutex<State>);

#[derive(Clone, Copy, Debug, Default)]
struct State {
    counts: SettledSpans,
    /// `true` once the other spans are counted.
    is_closed: bool,
}

/// The number of spans that are counted already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SettledSpans {
    pub(crate) all: usize,
    /// The part of `all` that was dropped.
    pub(crate) dropped: usize,
}

impl Settled {
    /// Counts a part of the batch with `count`, unless all spans are counted.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(super) fn add(&self, spans: usize, is_dropped: bool, count: impl FnOnce()) {
        let mut state = self.state();
        if !state.is_closed {
            count();
            state.counts.all += spans;
            state.counts.dropped += if is_dropped { spans } else { 0 };
        }
    }

    /// Returns the spans that are counted, and lets no further part be counted.
    pub(crate) fn close(&self) -> SettledSpans {
        let mut state = self.state();
        state.is_closed = true;
        state.counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
