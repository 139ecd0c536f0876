//! The spans that arrive at the end of a contender's pipeline.

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
    pub(crate) fn wait(&mut self) -> u64 {
        let total = (self.wait)();
        let arrived = total - self.seen;
        self.seen = total;
        arrived
    }
}
