//! The report of a flush or a shutdown, tracer by tracer.

use std::fmt;
use std::ops::Deref;

use thiserror::Error;

use super::table;
use super::tracer_stats::TracerStats;

/// The counts of all tracers after a flush or a shutdown, with the errors of the operation.
///
/// Its `Display` is a table.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let spans = InMemoryExporter::new();
/// use std::time::Duration;
///
/// let canary = TracerBuilder::new("canary").in_memory(&spans);
/// let registry = Registry::builder().tracer(canary).build()?;
/// registry.tracer("canary")?.in_span("work", || {});
/// let report = registry.flush_blocking(Duration::from_secs(5))?;
/// assert_eq!(report.tracer("canary").map(|tracer| tracer.exported), Some(1));
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) tracers: Vec<TracerReport>,
}

/// One line of a [`Report`]: the counts of one tracer and one exporter, and the error of the
/// operation.
///
/// It dereferences to its [`TracerStats`].
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let spans = InMemoryExporter::new();
/// let canary = TracerBuilder::new("canary").in_memory(&spans);
/// let registry = Registry::builder().tracer(canary).build()?;
/// registry.tracer("canary")?.in_span("work", || {});
/// for tracer in registry.report().tracers() {
///     assert_eq!((tracer.exported, tracer.dropped.total()), (1, 0));
///     assert_eq!(tracer.error, None);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TracerReport {
    /// Counts since the tracer was built.
    pub stats: TracerStats,
    /// Error of this flush or shutdown; `None` if the tracer completed it. Holds no credential.
    pub error: Option<String>,
}

impl Report {
    /// Returns one entry per tracer and exporter, in the order of the configuration.
    #[must_use]
    pub fn tracers(&self) -> &[TracerReport] {
        &self.tracers
    }

    /// Returns the entry of the tracer `name` with its first exporter.
    #[must_use]
    pub fn tracer(&self, name: &str) -> Option<&TracerReport> {
        self.tracers.iter().find(|tracer| &*tracer.name == name)
    }

    /// Returns an error if any tracer has one.
    pub(crate) fn into_result(self) -> Result<Self, ShutdownError> {
        if self.tracers.iter().any(|tracer| tracer.error.is_some()) {
            return Err(ShutdownError { report: self });
        }
        Ok(self)
    }
}

impl fmt::Display for Report {
    /// Writes a table. A tracer with several exporters has a line for each, with the exporter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::write_report(f, &self.tracers)
    }
}

impl TracerReport {
    pub(crate) fn new(stats: TracerStats, error: Option<String>) -> Self {
        Self { stats, error }
    }

    /// Adds `self` to the line of the same tracer, project and exporter position, or appends it.
    pub(crate) fn merge_into(self, lines: &mut Vec<Self>) {
        match lines.iter_mut().find(|line| line.stats.is_same_line(&self.stats)) {
            Some(line) => {
                line.stats.add(self.stats);
                line.error = line.error.take().or(self.error);
            }
            None => lines.push(self),
        }
    }
}

impl Deref for TracerReport {
    type Target = TracerStats;

    fn deref(&self) -> &TracerStats {
        &self.stats
    }
}

/// The error of a flush or a shutdown that one or more tracers did not complete.
///
/// The other tracers completed it. [`report`](Self::report) has the counts of all.
///
/// ```
/// use std::time::Duration;
///
/// let registry = multitracer::Registry::from_yaml("tracers: {production: {exporter: console}}")?;
/// if let Err(error) = registry.shutdown_blocking(Duration::from_secs(5)) {
///     eprintln!("{error}\n{}", error.report());
/// }
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug, Error)]
#[error("{}", self.summary())]
pub struct ShutdownError {
    report: Report,
}

impl ShutdownError {
    /// Returns the report of all tracers, with those that completed the operation.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn summary(&self) -> String {
        let failed: Vec<String> = self
            .report
            .tracers
            .iter()
            .filter_map(|tracer| Some(format!("tracer `{}`: {}", tracer.name, tracer.error.as_deref()?)))
            .collect();
        failed.join("; ")
    }
}
