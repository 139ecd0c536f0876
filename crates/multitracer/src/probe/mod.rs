//! The probe of a backend, which sends one test span step by step.
//!
//! [`Config::probe`] sends the span and returns a [`ProbeReport`] per exporter.
//!
//! The probe uses the encoder, the headers, the TLS settings and the response reader of the OTLP
//! exporters. It opens its own connection, so it distinguishes a DNS failure from a refused
//! connection. It never retries.

mod connection;
mod deadline;
mod exchange;
mod outcome;
mod report;
mod request;
mod response;
mod silenced;

use std::time::{Duration, Instant};

pub use self::outcome::{ProbeOutcome, ProbeStep};
pub use self::report::ProbeReport;

use self::connection::connect;
use self::deadline::Deadline;
use self::exchange::exchange;
use self::request::{ProbeRequest, Target};
use self::silenced::Silenced;
use crate::config::model::{ExporterConfig, TracerConfig};
use crate::config::{Config, secret};
use crate::text::Escaped;

impl Config {
    /// Sends one test span to each exporter of the tracer `tracer`, and reports the outcomes.
    ///
    /// The span is called `multitracer.ping`. It goes to the tracer's endpoint with the tracer's
    /// headers, resource, encoding, compression and certificates. The exporters are probed one
    /// after the other, each for at most `timeout`. The result is empty if there is no such tracer.
    /// A probe creates no spans of its own.
    ///
    /// Call it inside a Tokio runtime with time and I/O.
    ///
    /// ```no_run
    /// # async fn ping() -> Result<(), multitracer::config::ConfigError> {
    /// use std::time::Duration;
    ///
    /// let config = multitracer::config::Config::from_path("config.yaml")?;
    /// for probe in config.probe("production", Duration::from_secs(5)).await {
    ///     println!("{}: {}", probe.tracer(), probe.outcome());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn probe(&self, tracer: &str, timeout: Duration) -> Vec<ProbeReport> {
        let mut reports = Vec::new();
        let Some(config) = self.model().tracers.iter().find(|config| config.name == tracer) else {
            return reports;
        };
        let is_enabled = self.model().enabled && config.enabled;
        for exporter in config.exporters.iter() {
            let started = Instant::now();
            let outcome = if is_enabled {
                Silenced::new(probe(config, exporter, timeout)).await
            } else {
                ProbeOutcome::Skipped { why: "it is off".to_owned() }
            };
            let endpoint =
                Target::of(exporter).map(|target| Escaped(secret::shown_url(target.endpoint())).to_string());
            reports.push(ProbeReport::new(config, endpoint, outcome, started.elapsed()));
        }
        reports
    }
}

async fn probe(config: &TracerConfig, exporter: &ExporterConfig, timeout: Duration) -> ProbeOutcome {
    let Some(target) = Target::of(exporter) else {
        let place = if matches!(exporter, ExporterConfig::File(_)) { "a file" } else { "the console" };
        return ProbeOutcome::Skipped { why: format!("it writes to {place}") };
    };
    let deadline = Deadline::after(timeout);
    // all files are read before the first packet
    match ProbeRequest::new(config, target) {
        Ok(request) => send(&request, deadline).await.unwrap_or_else(|outcome| outcome),
        Err(error) => ProbeOutcome::Misconfigured { error },
    }
}

/// Sends the request. Both results are the outcome; an error means that there is no response.
async fn send(request: &ProbeRequest, deadline: Deadline) -> Result<ProbeOutcome, ProbeOutcome> {
    let redact = |outcome: ProbeOutcome| outcome.redacted(&request.redactor);
    let connection = connect(request, deadline).await.map_err(redact)?;
    let response = exchange(connection, request, deadline).await.map_err(redact)?;
    Ok(response.outcome(request))
}
