//! What became of the spans that one exporter was given.

use std::time::{Duration, SystemTime};

use super::exporter::ExportSuccess;
use super::failure::{DropReason, ExportError};
use super::latency::Latency;

/// Counts of one exporter, kept under the queue's lock so that they always add up:
/// `ended = exported + rejected + dropped + queued + in_flight`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) ended: u64,
    pub(crate) exported: u64,
    pub(crate) rejected: u64,
    pub(crate) dropped: DropCounts,
    /// What of it the exporter had been given.
    pub(crate) dropped_by_exporter: DropCounts,
    pub(crate) queued: u64,
    pub(crate) queued_bytes: u64,
    /// Spans that may be queued.
    pub(crate) queue_capacity: u64,
    pub(crate) in_flight: u64,
    pub(crate) retries: u64,
    /// Bytes of request bodies that were taken.
    pub(crate) bytes: u64,
    pub(crate) latency: Latency,
    pub(crate) last_error: Option<String>,
    pub(crate) last_success: Option<SystemTime>,
}

/// Spans that were lost, by reason. The names are those that the metrics and the Prometheus text use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DropCounts {
    /// The queue was full, in spans or in bytes; the newest are the ones that go.
    pub queue_full: u64,
    /// The span alone was larger than the queue's limit in bytes, or the backend answered 413.
    pub too_large: u64,
    /// The backend refused the request, or could not be reached while retries went on.
    pub export_failed: u64,
    /// The export took longer than `export_timeout`.
    pub timeout: u64,
    /// It was too late: the span ended after a shutdown, or was not exported by its deadline.
    pub shutdown: u64,
    /// A limit of the tracer's own stopped the span before it was made.
    pub throttled: u64,
    /// The exporter panicked.
    pub panicked: u64,
}

impl DropCounts {
    /// For any reason.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_reason().iter().map(|(_, spans)| spans).sum()
    }

    /// Each reason's name and count, always the same ones in the same order.
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

    /// What is left of it without `part`.
    #[cfg(feature = "metrics")]
    pub(crate) fn less(self, part: Self) -> Self {
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

    pub(crate) fn merge(&mut self, other: Self) {
        self.queue_full += other.queue_full;
        self.too_large += other.too_large;
        self.export_failed += other.export_failed;
        self.timeout += other.timeout;
        self.shutdown += other.shutdown;
        self.throttled += other.throttled;
        self.panicked += other.panicked;
    }

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

impl Counters {
    /// Moves spans that were in flight to where they belong.
    pub(crate) fn settle(
        &mut self,
        spans: usize,
        took: Duration,
        outcome: &Result<ExportSuccess, ExportError>,
    ) {
        self.in_flight = self.in_flight.saturating_sub(spans as u64);
        self.latency.record(took);
        match outcome {
            Ok(delivered) => {
                let rejected = delivered.rejected.min(spans);
                self.exported += (spans - rejected) as u64;
                self.rejected += rejected as u64;
                self.bytes += delivered.bytes as u64;
                self.last_success = Some(SystemTime::now());
                if let Some(complaint) = delivered.complaint() {
                    self.last_error = Some(complaint);
                }
            }
            Err(failure) => {
                self.dropped.add(failure.reason, spans as u64);
                self.dropped_by_exporter.add(failure.reason, spans as u64);
                self.last_error = Some(failure.message.clone());
            }
        }
    }
}

/// The reason as the counts name it.
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
