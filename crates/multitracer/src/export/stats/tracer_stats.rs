//! The counts of one tracer and one exporter.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::counters::{Counters, ExporterCounters};
use super::drop_counts::DropCounts;
use super::latency::ExportLatency;

/// The counts of one tracer's spans on their way to one exporter.
///
/// `started = sampled_out + exported + rejected + dropped + queued + in_flight + open` holds at any
/// time. Counts never decrease; a reload does not reset them.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let spans = InMemoryExporter::new();
/// let canary = TracerBuilder::new("canary").in_memory(&spans);
/// let registry = Registry::builder().tracer(canary).build()?;
/// registry.tracer("canary")?.in_span("work", || {});
/// let stats = registry.stats();
/// for tracer in stats.tracers() {
///     assert_eq!((tracer.started, tracer.exported), (1, 1));
///     assert_eq!((tracer.dropped.total(), tracer.open()), (0, 0));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TracerStats {
    /// Name of the tracer.
    pub name: Arc<str>,
    /// Project of the tracer's spans.
    pub project: Arc<str>,
    /// Kind and endpoint of the exporter, without credentials.
    pub exporter: Arc<str>,
    /// Spans that were started, sampled or not.
    pub started: u64,
    /// Spans that the sampler dropped.
    pub sampled_out: u64,
    /// Sampled spans that have ended.
    pub ended: u64,
    /// Spans that the backend accepted.
    pub exported: u64,
    /// Spans that the backend rejected in a request it accepted (OTLP's partial success).
    pub rejected: u64,
    /// Spans that were dropped, by reason.
    pub dropped: DropCounts,
    /// Spans that wait for their export.
    pub queued: u64,
    /// Estimated memory of the queued spans, in bytes.
    pub queued_bytes: u64,
    /// Maximum number of queued spans.
    pub queue_capacity: u64,
    /// Spans that are being exported.
    pub in_flight: u64,
    /// Attempts after the first attempt of each export.
    pub retries: u64,
    /// Bytes of OTLP request bodies that the backend accepted, after compression.
    pub bytes: u64,
    /// Durations of the exports, with retries.
    pub export_latency: ExportLatency,
    /// Error of the last export that failed, at any time. Holds no credential.
    pub last_error: Option<String>,
    /// Time at which the backend last accepted a request.
    pub last_success: Option<SystemTime>,
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
    /// The part of `dropped` that the exporter had received.
    #[cfg(feature = "metrics")]
    pub(crate) dropped_by_exporter: DropCounts,
}

/// The name and the counts that all exporters of one tracer share.
pub(crate) struct TracerTotals {
    pub(crate) name: Arc<str>,
    pub(crate) project: Arc<str>,
    pub(crate) started: u64,
    pub(crate) sampled_out: u64,
}

impl TracerStats {
    pub(crate) fn new(tracer: &TracerTotals, exporter: ExporterCounters) -> Self {
        let ExporterCounters { exporter, position, counters } = exporter;
        let Counters { ended, exported, rejected, dropped, queued, queued_bytes, in_flight, .. } = counters;
        let Counters { queue_capacity, retries, bytes, latency, last_error, last_success, .. } = counters;
        Self {
            name: Arc::clone(&tracer.name),
            project: Arc::clone(&tracer.project),
            exporter,
            started: tracer.started,
            sampled_out: tracer.sampled_out,
            ended,
            exported,
            rejected,
            dropped,
            queued,
            queued_bytes,
            queue_capacity,
            in_flight,
            retries,
            bytes,
            export_latency: latency,
            last_error,
            last_success,
            position,
            #[cfg(feature = "metrics")]
            dropped_by_exporter: counters.dropped_by_exporter,
        }
    }

    /// Returns the number of spans that have started and not ended yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        let completed = self.sampled_out + self.exported + self.rejected + self.dropped.total();
        self.started.saturating_sub(completed + self.queued + self.in_flight)
    }

    /// Returns `true` if both are about the same tracer, project and exporter position.
    pub(crate) fn is_same_line(&self, other: &Self) -> bool {
        (&self.name, &self.project, self.position) == (&other.name, &other.project, other.position)
    }

    /// Adds the counts of an earlier tracer with the same name and project.
    pub(crate) fn add(&mut self, earlier: Self) {
        self.started += earlier.started;
        self.sampled_out += earlier.sampled_out;
        self.ended += earlier.ended;
        self.exported += earlier.exported;
        self.rejected += earlier.rejected;
        self.dropped.merge(earlier.dropped);
        #[cfg(feature = "metrics")]
        self.dropped_by_exporter.merge(earlier.dropped_by_exporter);
        self.queued += earlier.queued;
        self.queued_bytes += earlier.queued_bytes;
        self.in_flight += earlier.in_flight;
        self.retries += earlier.retries;
        self.bytes += earlier.bytes;
        self.export_latency.merge(&earlier.export_latency);
        self.last_error = self.last_error.take().or(earlier.last_error);
        self.last_success = self.last_success.max(earlier.last_success);
    }

    /// Returns the time of the last success in seconds since 1970.
    pub(crate) fn last_success_seconds(&self) -> Option<u64> {
        Some(self.last_success?.duration_since(UNIX_EPOCH).ok()?.as_secs())
    }
}
