//! The counts of dropped spans by reason.

use crate::export::outcome::DropReason;

/// Numbers of dropped spans, by reason.
///
/// The metrics and the Prometheus text use the same names.
///
/// ```
/// use multitracer::export::DropCounts;
///
/// let dropped = DropCounts::default();
/// assert_eq!(dropped.total(), 0);
/// assert_eq!(dropped.by_reason()[0], ("queue_full", 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DropCounts {
    /// Spans dropped because the queue was full (by count or bytes).
    pub queue_full: u64,
    /// Spans that are larger than the queue's limit in bytes, or that the backend refused as too
    /// large (413).
    pub too_large: u64,
    /// Spans that the backend refused, or that it could not receive during all retries.
    pub export_failed: u64,
    /// Spans whose export took longer than `export_timeout`.
    pub timeout: u64,
    /// Spans that ended after a shutdown, or that were not exported before its deadline.
    pub shutdown: u64,
    /// Spans that were never created, because their trace had reached `limits.max_spans_per_trace`.
    pub throttled: u64,
    /// Spans that were lost to a panic of the exporter.
    pub panicked: u64,
}

impl DropCounts {
    /// Returns the number of dropped spans over all reasons.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, spans)| spans).sum()
    }

    /// Returns the name and the count of each reason, always in the same order.
    #[must_use]
    pub fn by_reason(&self) -> [(&'static str, u64); 7] {
        let Self { queue_full, too_large, export_failed, timeout, shutdown, throttled, panicked } = *self;
        [
            ("queue_full", queue_full),
            ("too_large", too_large),
            ("export_failed", export_failed),
            ("timeout", timeout),
            ("shutdown", shutdown),
            ("throttled", throttled),
            ("panicked", panicked),
        ]
    }

    /// Returns these counts minus the counts of `part`.
    #[cfg(feature = "metrics")]
    pub(crate) fn minus(self, part: Self) -> Self {
        Self {
            queue_full: self.queue_full.saturating_sub(part.queue_full),
            too_large: self.too_large.saturating_sub(part.too_large),
            export_failed: self.export_failed.saturating_sub(part.export_failed),
            timeout: self.timeout.saturating_sub(part.timeout),
            shutdown: self.shutdown.saturating_sub(part.shutdown),
            throttled: self.throttled.saturating_sub(part.throttled),
            panicked: self.panicked.saturating_sub(part.panicked),
        }
    }

    /// Adds the counts of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        self.queue_full += other.queue_full;
        self.too_large += other.too_large;
        self.export_failed += other.export_failed;
        self.timeout += other.timeout;
        self.shutdown += other.shutdown;
        self.throttled += other.throttled;
        self.panicked += other.panicked;
    }

    /// Adds `spans` to the count of `reason`.
    pub(crate) fn add(&mut self, reason: DropReason, spans: u64) {
        *match reason {
            DropReason::QueueFull => &mut self.queue_full,
            DropReason::TooLarge => &mut self.too_large,
            DropReason::ExportFailed => &mut self.export_failed,
            DropReason::Timeout => &mut self.timeout,
            DropReason::Shutdown => &mut self.shutdown,
            DropReason::Panicked => &mut self.panicked,
        } += spans;
    }
}

/// Returns the name of `reason` in the counts.
#[cfg(feature = "metrics")]
pub(crate) fn reason_name(reason: DropReason) -> &'static str {
    match reason {
        DropReason::QueueFull => "queue_full",
        DropReason::TooLarge => "too_large",
        DropReason::ExportFailed => "export_failed",
        DropReason::Timeout => "timeout",
        DropReason::Shutdown => "shutdown",
        DropReason::Panicked => "panicked",
    }
}
