//! What has become of every tracer's spans, as a value.

mod serialize;
mod table;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::counters::{Counters, DropCounts};
use super::latency::Latency;

/// What has become of every tracer's spans since the registry was built.
///
/// Its `Display` is a table, [`prometheus`](Self::prometheus) gives it in Prometheus's text format, and with serde it is a list with one map for each
/// line. Comes from [`Registry::stats`](crate::Registry::stats).
#[derive(Clone, Debug, Default)]
pub struct Stats {
    tracers: Vec<TracerStats>,
}

/// One tracer's spans on their way to one exporter.
///
/// `started = sampled_out + exported + rejected + dropped + queued + in_flight + open` holds at any time. Counts never go down, also not
/// through a reload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TracerStats {
    /// The tracer's name.
    pub name: Arc<str>,
    /// The project that its spans go to.
    pub project: Arc<str>,
    /// The exporter and where it sends to, without credentials.
    pub exporter: Arc<str>,
    /// Spans that were started, sampled or not.
    pub started: u64,
    /// Spans that the sampler left out.
    pub sampled_out: u64,
    /// Sampled spans that have ended.
    pub ended: u64,
    /// Spans that the backend took.
    pub exported: u64,
    /// Spans that the backend refused while it took others of the same request (OTLP's partial success).
    pub rejected: u64,
    /// Spans that were lost, by reason.
    pub dropped: DropCounts,
    /// Spans that wait for their export.
    pub queued: u64,
    /// Bytes of memory that those take, estimated.
    pub queued_bytes: u64,
    /// Spans that may wait.
    pub queue_capacity: u64,
    /// Spans whose export is under way.
    pub in_flight: u64,
    /// Attempts after the first one of each export.
    pub retries: u64,
    /// Bytes of OTLP request bodies that the backend took, compressed if they were.
    pub bytes: u64,
    /// How long exports took, retries included.
    pub export_latency: ExportLatency,
    /// Why the last export that failed did so, at any time; holds no credential.
    pub last_error: Option<String>,
    /// When a backend last took a request.
    pub last_success: Option<SystemTime>,
    /// Which of the tracer's exporters it is, from 0.
    pub(crate) position: usize,
    /// What of the dropped spans the exporter had been given.
    #[cfg(feature = "metrics")]
    pub(crate) dropped_by_exporter: DropCounts,
}

/// How long exports took, with an error of at most a quarter.
#[derive(Clone, Debug, Default)]
pub struct ExportLatency(pub(crate) Latency);

impl ExportLatency {
    /// Half of the exports took no longer than this; `None` before the first.
    #[must_use]
    pub fn p50(&self) -> Option<Duration> {
        self.0.quantile(0.5)
    }

    /// 99 of 100 exports took no longer than this; `None` before the first.
    #[must_use]
    pub fn p99(&self) -> Option<Duration> {
        self.0.quantile(0.99)
    }

    /// Exports that were timed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count()
    }

    /// How long they took altogether.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.0.sum()
    }
}

impl Stats {
    pub(crate) fn new(tracers: Vec<TracerStats>) -> Self {
        Self { tracers }
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn into_tracers(self) -> Vec<TracerStats> {
        self.tracers
    }

    /// One entry for each tracer, in the configuration's order; a tracer with several exporters has one for each.
    #[must_use]
    pub fn tracers(&self) -> &[TracerStats] {
        &self.tracers
    }

    /// The tracer of that name, with its first exporter.
    #[must_use]
    pub fn tracer(&self, name: &str) -> Option<&TracerStats> {
        self.tracers.iter().find(|tracer| &*tracer.name == name)
    }

    /// In Prometheus's text format, for an endpoint that is scraped.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&spans)).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let text = registry.stats().prometheus();
    /// assert!(text.contains(r#"multitracer_spans_started_total{tracer="canary",project="canary"} 1"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        super::prometheus::text(&self.tracers)
    }
}

impl TracerStats {
    pub(crate) fn new(
        (name, project, exporter): (Arc<str>, Arc<str>, Arc<str>),
        position: usize,
        (started, sampled_out): (u64, u64),
        tally: Counters,
    ) -> Self {
        let Counters { ended, exported, rejected, dropped, queued, queued_bytes, in_flight, .. } = tally;
        let Counters { retries, bytes, latency, last_error, last_success, .. } = tally;
        Self {
            name,
            project,
            exporter,
            started,
            sampled_out,
            ended,
            exported,
            rejected,
            dropped,
            queued,
            queued_bytes,
            queue_capacity: tally.queue_capacity,
            in_flight,
            retries,
            bytes,
            export_latency: ExportLatency(latency),
            last_error,
            last_success,
            position,
            #[cfg(feature = "metrics")]
            dropped_by_exporter: tally.dropped_by_exporter,
        }
    }

    /// Spans that have started and not ended yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        let settled = self.sampled_out + self.exported + self.rejected + self.dropped.total();
        self.started.saturating_sub(settled + self.queued + self.in_flight)
    }

    /// Adds the counts of an earlier tracer of the same name and project.
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
        self.export_latency.0.merge(&earlier.export_latency.0);
        self.last_error = self.last_error.take().or(earlier.last_error);
        self.last_success = self.last_success.max(earlier.last_success);
    }

    /// Seconds since 1970.
    pub(crate) fn last_success_seconds(&self) -> Option<u64> {
        Some(self.last_success?.duration_since(UNIX_EPOCH).ok()?.as_secs())
    }
}
