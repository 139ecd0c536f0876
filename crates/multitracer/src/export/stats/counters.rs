//! The counters of one exporter.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::drop_counts::DropCounts;
use super::latency::ExportLatency;
use crate::export::outcome::ExportOutcome;

/// Counters of one exporter. The queue's lock guards them, so they add up at any time:
/// `ended = exported + rejected + dropped + queued + in_flight`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) ended: u64,
    pub(crate) exported: u64,
    pub(crate) rejected: u64,
    pub(crate) dropped: DropCounts,
    /// The part of `dropped` that the exporter had received.
    pub(crate) dropped_by_exporter: DropCounts,
    pub(crate) queued: u64,
    /// Estimated memory of the queued spans, in bytes.
    pub(crate) queued_bytes: u64,
    /// Maximum number of queued spans.
    pub(crate) queue_capacity: u64,
    pub(crate) in_flight: u64,
    pub(crate) retries: u64,
    /// Bytes of the request bodies that the backend accepted.
    pub(crate) bytes: u64,
    pub(crate) latency: ExportLatency,
    pub(crate) last_error: Option<String>,
    pub(crate) last_success: Option<SystemTime>,
}

/// The counters of one exporter, with the exporter's label and position.
#[derive(Clone, Debug)]
pub(crate) struct ExporterCounters {
    /// Kind and endpoint of the exporter, without credentials.
    pub(crate) exporter: Arc<str>,
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
    pub(crate) counters: Counters,
}

impl Counters {
    /// Counts a completed export of `spans` spans, which were in flight until now.
    pub(crate) fn complete(&mut self, spans: usize, elapsed: Duration, outcome: &ExportOutcome) {
        self.in_flight = self.in_flight.saturating_sub(spans as u64);
        self.latency.record(elapsed);
        match outcome {
            Ok(success) => {
                let rejected = success.rejected.min(spans);
                self.exported += (spans - rejected) as u64;
                self.rejected += rejected as u64;
                self.bytes += success.bytes as u64;
                self.last_success = Some(SystemTime::now());
                if let Some(complaint) = success.complaint() {
                    self.last_error = Some(complaint);
                }
            }
            Err(error) => {
                self.dropped.add(error.reason, spans as u64);
                self.dropped_by_exporter.add(error.reason, spans as u64);
                self.last_error = Some(error.message.clone());
            }
        }
    }
}
