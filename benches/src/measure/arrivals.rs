//! The spans that arrive at the end of a contender's pipeline.

use std::thread;
use std::time::{Duration, Instant};

/// The time after which a missing span counts as lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for the spans of a contender, and counts them.
pub(crate) struct Arrivals {
    wait: Box<dyn FnMut() -> u64>,
    seen: u64,
}

impl Arrivals {
    /// `wait` sends all ended spans, and returns the number of spans that have ever arrived.
    pub(crate) fn new(wait: impl FnMut() -> u64 + 'static) -> Self {
        Self { wait: Box::new(wait), seen: 0 }
    }

    /// The arrivals of a contender that makes no spans.
    pub(crate) fn none() -> Self {
        Self::new(|| 0)
    }

    /// Sends all ended spans, and returns the number of spans that arrived since the last call.
    ///
    /// A contender may answer before its last spans arrive, so this waits for `made` spans.
    pub(crate) fn wait(&mut self, made: u64) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        let mut total = (self.wait)();
        while total.saturating_sub(self.seen) < made && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
            total = (self.wait)();
        }
        let arrived = total.saturating_sub(self.seen);
        self.seen = total;
        arrived
    }
}
