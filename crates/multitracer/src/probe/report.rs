//! The report of one probe.

use std::time::Duration;

use super::outcome::ProbeOutcome;
use crate::config::model::TracerConfig;

/// The outcome of probing one exporter of a tracer.
///
/// [`Config::probe`](crate::config::Config::probe) returns it. It holds no credential.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::time::Duration;
///
/// use multitracer::config::Config;
///
/// let config = Config::from_yaml("tracers: {production: {exporter: console}}")?;
/// for report in config.probe("production", Duration::from_secs(5)).await {
///     assert_eq!((report.tracer(), report.endpoint()), ("production", None));
///     assert_eq!(report.outcome().to_string(), "skipped: it writes to the console");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProbeReport {
    tracer: String,
    project: String,
    endpoint: Option<String>,
    outcome: ProbeOutcome,
    elapsed: Duration,
}

impl ProbeReport {
    pub(super) fn new(
        config: &TracerConfig,
        endpoint: Option<String>,
        outcome: ProbeOutcome,
        elapsed: Duration,
    ) -> Self {
        Self { tracer: config.name.clone(), project: config.project.clone(), endpoint, outcome, elapsed }
    }

    /// Returns the name of the tracer.
    #[must_use]
    pub fn tracer(&self) -> &str {
        &self.tracer
    }

    /// Returns the project of the tracer.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Returns the endpoint without user name, password and query; `None` for a file and the
    /// console.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Returns the outcome of the test span.
    #[must_use]
    pub fn outcome(&self) -> &ProbeOutcome {
        &self.outcome
    }

    /// Returns the time from the DNS lookup to the end of the response.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}
