//! What a flush or a shutdown came to, tracer by tracer.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::counters::DropCounts;
use super::stats::TracerStats;

/// What became of each tracer's spans, as of a flush or a shutdown.
///
/// Its `Display` is a table.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) tracers: Vec<TracerReport>,
}

/// One tracer's line of a [`Report`]: counts of spans since the tracer was built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TracerReport {
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
    /// Spans that the backend took.
    pub exported: u64,
    /// Spans that the backend refused while it took others of the same request.
    pub rejected: u64,
    /// Spans that were lost, for any reason.
    pub dropped: u64,
    /// The same by reason.
    pub dropped_by_reason: DropCounts,
    /// Spans that wait for their export, or whose export is under way.
    pub queued: u64,
    /// Why this flush or shutdown did not do all that it should; `None`: it did.
    pub error: Option<String>,
    /// Why the last export that failed did so, at any time; holds no credential.
    pub last_error: Option<String>,
}

impl Report {
    /// One entry for each tracer, in the configuration's order; a tracer with several exporters has one for each.
    #[must_use]
    pub fn tracers(&self) -> &[TracerReport] {
        &self.tracers
    }

    /// The tracer of that name, with its first exporter.
    #[must_use]
    pub fn tracer(&self, name: &str) -> Option<&TracerReport> {
        self.tracers.iter().find(|tracer| &*tracer.name == name)
    }

    pub(crate) fn into_result(self) -> Result<Self, ShutdownError> {
        if self.tracers.iter().any(|tracer| tracer.error.is_some()) {
            return Err(ShutdownError { report: self });
        }
        Ok(self)
    }
}

impl TracerReport {
    /// Spans that have started and not ended yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        let settled = self.sampled_out + self.exported + self.rejected + self.dropped + self.queued;
        self.started.saturating_sub(settled)
    }

    /// What `stats` come to, and what went wrong with this flush or shutdown.
    pub(crate) fn new(stats: TracerStats, error: Option<String>) -> Self {
        Self {
            name: stats.name,
            project: stats.project,
            exporter: stats.exporter,
            started: stats.started,
            sampled_out: stats.sampled_out,
            exported: stats.exported,
            rejected: stats.rejected,
            dropped: stats.dropped.total(),
            dropped_by_reason: stats.dropped,
            queued: stats.queued + stats.in_flight,
            error,
            last_error: stats.last_error,
        }
    }
}

impl fmt::Display for Report {
    /// A table; where a tracer has several lines, they say by which exporter.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |tracer: &TracerReport| {
            let same =
                |other: &&TracerReport| (&other.name, &other.project) == (&tracer.name, &tracer.project);
            self.tracers.iter().filter(same).count() > 1
        };
        let names: Vec<String> = self
            .tracers
            .iter()
            .map(|tracer| match several(tracer) {
                true => format!("{} ({})", tracer.name, tracer.exporter),
                false => tracer.name.to_string(),
            })
            .collect();
        let width = |heading: &str, texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0).max(heading.len())
        };
        let name = width("tracer", &mut names.iter().map(String::as_str));
        let project = width("project", &mut self.tracers.iter().map(|tracer| &*tracer.project));
        write!(
            f,
            "{:name$}  {:project$}  {:>8}  {:>11}  {:>8}  {:>8}  {:>7}  {:>6}  {:>4}",
            "tracer",
            "project",
            "started",
            "sampled out",
            "exported",
            "rejected",
            "dropped",
            "queued",
            "open"
        )?;
        for (shown, tracer) in names.iter().zip(&self.tracers) {
            write!(
                f,
                "\n{:name$}  {:project$}  {:>8}  {:>11}  {:>8}  {:>8}  {:>7}  {:>6}  {:>4}",
                shown,
                tracer.project,
                tracer.started,
                tracer.sampled_out,
                tracer.exported,
                tracer.rejected,
                tracer.dropped,
                tracer.queued,
                tracer.open()
            )?;
            if let Some(error) = &tracer.error {
                write!(f, "  {error}")?;
            }
        }
        Ok(())
    }
}

/// A flush or a shutdown that one or more tracers did not finish; the others did.
#[derive(Clone, Debug, Error)]
#[error("{}", self.summary())]
pub struct ShutdownError {
    report: Report,
}

impl ShutdownError {
    /// What became of every tracer, those that finished included.
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
