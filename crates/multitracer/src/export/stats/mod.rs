//! The counts of spans of every tracer: values, tables, reports and metrics.

mod counters;
mod drop_counts;
mod latency;
#[cfg(feature = "metrics")]
mod metrics;
mod prometheus;
mod report;
mod serialize;
mod table;
mod tracer_stats;

use std::fmt;

pub(super) use self::counters::{Counters, ExporterCounters};
#[cfg(feature = "metrics")]
pub(super) use self::metrics::{ExportDurations, ExporterLabels};
pub(crate) use self::tracer_stats::TracerTotals;

pub use self::drop_counts::DropCounts;
pub use self::latency::ExportLatency;
pub use self::report::{Report, ShutdownError, TracerReport};
pub use self::tracer_stats::TracerStats;

#[cfg(feature = "metrics")]
pub(crate) use self::metrics::publish;

/// The counts of all tracers since the registry was built.
///
/// [`Registry::stats`](crate::Registry::stats) returns it. Its `Display` is a table,
/// [`prometheus`](Self::prometheus) returns Prometheus's text format, and with serde it is a list
/// with one map per tracer and exporter.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let spans = InMemoryExporter::new();
/// let canary = TracerBuilder::new("canary").in_memory(&spans);
/// let registry = Registry::builder().tracer(canary).build()?;
/// registry.tracer("canary")?.in_span("work", || {});
/// let stats = registry.stats();
/// assert_eq!(stats.tracer("canary").map(|tracer| tracer.exported), Some(1));
/// println!("{stats}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stats {
    tracers: Vec<TracerStats>,
}

impl Stats {
    pub(crate) fn new(tracers: Vec<TracerStats>) -> Self {
        Self { tracers }
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn into_tracers(self) -> Vec<TracerStats> {
        self.tracers
    }

    /// Returns one entry per tracer and exporter, in the order of the configuration.
    #[must_use]
    pub fn tracers(&self) -> &[TracerStats] {
        &self.tracers
    }

    /// Returns the entry of the tracer `name` with its first exporter.
    #[must_use]
    pub fn tracer(&self, name: &str) -> Option<&TracerStats> {
        self.tracers.iter().find(|tracer| &*tracer.name == name)
    }

    /// Returns the counts in Prometheus's text format, for an endpoint that Prometheus scrapes.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let canary = TracerBuilder::new("canary").in_memory(&spans);
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let text = registry.stats().prometheus();
    /// let line = r#"multitracer_spans_started_total{tracer="canary",project="canary"} 1"#;
    /// assert!(text.contains(line));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn prometheus(&self) -> String {
        prometheus::text(&self.tracers)
    }
}

impl fmt::Display for Stats {
    /// Writes a table. The drop reasons and the last error stand at the end of a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::write_stats(f, &self.tracers)
    }
}
