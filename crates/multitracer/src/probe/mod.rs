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
mod runtime;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::outcome::{ProbeOutcome, ProbeStep};
pub use self::report::ProbeReport;

use self::connection::connect;
use self::deadline::Deadline;
use self::exchange::exchange;
use self::request::{ProbeRequest, Target};
use self::response::outcome;
use self::runtime::ProbeRuntime;
use crate::config::model::{ExporterConfig, TracerConfig};
use crate::config::{Config, secret};
use crate::export::client::Lookups;
use crate::text::Escaped;

impl Config {
    /// Sends one test span to each exporter of the tracer `tracer`, and reports the outcomes.
    ///
    /// The span is called `multitracer.ping`. It goes to the tracer's endpoint with the tracer's
    /// headers, resource, encoding, compression and certificates. The exporters are probed one
    /// after the other, each for at most `timeout`. The result is empty if there is no such tracer.
    /// A probe creates no spans of its own.
    ///
    /// The probe works on a thread of its own, which ends with the probe. So it needs no Tokio
    /// runtime, and keeps `timeout` while the clock of a runtime is paused.
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
        let Some(config) = self.model().tracers.iter().find(|config| config.name == tracer) else {
            return Vec::new();
        };
        let is_enabled = self.model().enabled && config.enabled;
        let (tracer, own) = (config, config.clone());
        let probes = |lookups| async move { probe_all(&own, is_enabled, timeout, &lookups).await };
        match ProbeRuntime::run(probes).await {
            Ok(reports) => reports,
            Err(error) => {
                let outcome =
                    ProbeOutcome::Misconfigured { error: format!("cannot start a thread: {error}") };
                vec![ProbeReport::new(tracer, None, outcome, Duration::ZERO)]
            }
        }
    }
}

/// Probes the exporters of a tracer one after the other.
async fn probe_all(
    config: &TracerConfig,
    is_enabled: bool,
    timeout: Duration,
    lookups: &Arc<Lookups>,
) -> Vec<ProbeReport> {
    let mut reports = Vec::new();
    for exporter in config.exporters.iter() {
        let started = Instant::now();
        let outcome = if is_enabled {
            probe(config, exporter, timeout, lookups).await
        } else {
            ProbeOutcome::Skipped { why: "it is off".to_owned() }
        };
        let endpoint =
            Target::of(exporter).map(|target| Escaped(secret::shown_url(target.endpoint())).to_string());
        reports.push(ProbeReport::new(config, endpoint, outcome, started.elapsed()));
    }
    reports
}

async fn probe(
    config: &TracerConfig,
    exporter: &ExporterConfig,
    timeout: Duration,
    lookups: &Arc<Lookups>,
) -> ProbeOutcome {
    let Some(target) = Target::of(exporter) else {
        let place = if matches!(exporter, ExporterConfig::File(_)) { "a file" } else { "the console" };
        return ProbeOutcome::Skipped { why: format!("it writes to {place}") };
    };
    let deadline = Deadline::after(timeout);
    // all files are read before the first packet
    match ProbeRequest::new(config, target) {
        Ok(request) => send(&request, lookups, deadline).await.unwrap_or_else(|outcome| outcome),
        Err(error) => ProbeOutcome::Misconfigured { error },
    }
}

/// Sends the request. Both results are the outcome; an error means that there is no response.
async fn send(
    request: &ProbeRequest,
    lookups: &Arc<Lookups>,
    deadline: Deadline,
) -> Result<ProbeOutcome, ProbeOutcome> {
    let redact = |outcome: ProbeOutcome| outcome.redacted(&request.redactor);
    let connection = connect(request, lookups, deadline).await.map_err(redact)?;
    let answer = exchange(connection, request, deadline).await.map_err(redact)?;
    Ok(outcome(&answer, request))
}
