//! One real span to a tracer's backend, step by step, to see what becomes of it.
//!
//! It does not go through a pipeline: that would retry, and tell a name that does not resolve from a port that is closed
//! no more.

mod answer;
mod connection;
mod outcome;
mod request;
mod tls;

use std::time::{Duration, Instant};

use http::Uri;

pub use self::outcome::{ProbeOutcome, ProbeReport, ProbeStep};

use self::answer::Secrets;
use self::connection::{Deadline, connect, exchange};
use self::request::Message;
use crate::config::model::{ExporterConfig, Exporters, TlsConfig, TracerConfig};
use crate::config::{Config, secret};

impl Config {
    /// Sends one test span, called `multitracer.ping`, as the tracer of that name would send its own: to its endpoint, with
    /// its headers, resource, encoding, compression and certificates; one for each of its exporters. Nothing where there is no
    /// such tracer.
    ///
    /// Each of them, one after the other, takes no longer than `timeout`. Call it inside a Tokio runtime with time and I/O.
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
        let mut probes = Vec::new();
        let Some(config) = self.model().tracers.iter().find(|config| config.name == tracer) else {
            return probes;
        };
        for exporter in config.exporters.iter() {
            let config = TracerConfig { exporters: Exporters::new(exporter.clone()), ..config.clone() };
            let started = Instant::now();
            let outcome = if self.model().enabled && config.enabled {
                probe(&config, timeout).await
            } else {
                ProbeOutcome::Skipped { why: "it is off".to_owned() }
            };
            let endpoint = target(&config).map(|target| secret::shown_url(target.endpoint));
            probes.push(ProbeReport::new(&config, endpoint, outcome, started.elapsed()));
        }
        probes
    }
}

/// Where a tracer sends to.
struct Target<'c> {
    endpoint: &'c str,
    tls: &'c TlsConfig,
    grpc: bool,
}

fn target(config: &TracerConfig) -> Option<Target<'_>> {
    match config.exporters.first() {
        ExporterConfig::OtlpHttp(otlp) => {
            Some(Target { endpoint: &otlp.endpoint, tls: &otlp.tls, grpc: false })
        }
        ExporterConfig::OtlpGrpc(otlp) => {
            Some(Target { endpoint: &otlp.endpoint, tls: &otlp.tls, grpc: true })
        }
        ExporterConfig::File(_) | ExporterConfig::Console => None,
    }
}

async fn probe(config: &TracerConfig, timeout: Duration) -> ProbeOutcome {
    let Some(target) = target(config) else {
        let place = if matches!(config.exporters.first(), ExporterConfig::File(_)) {
            "a file"
        } else {
            "the console"
        };
        return ProbeOutcome::Skipped { why: format!("it writes to {place}") };
    };
    let secrets = Secrets::of(config);
    let deadline = Deadline::after(timeout);
    let outcome = attempt(config, &target, &secrets, deadline).await;
    outcome.unwrap_or_else(|failure| failure.redacted(&secrets))
}

async fn attempt(
    config: &TracerConfig,
    target: &Target<'_>,
    secrets: &Secrets,
    deadline: Deadline,
) -> Result<ProbeOutcome, ProbeOutcome> {
    let misconfigured = |error: String| ProbeOutcome::Misconfigured { error };
    if secret::has_userinfo(target.endpoint) {
        let error =
            "the endpoint has a user name in it; send credentials as a header (`authorization`) instead";
        return Err(misconfigured(error.to_owned()));
    }
    let uri: Uri = target.endpoint.parse().map_err(|_| misconfigured("the endpoint is no URL".to_owned()))?;
    let message = Message::new(config).map_err(misconfigured)?;
    let stream = connect(&uri, target, deadline).await?;
    let answer = exchange(stream, &uri, target.grpc, &message, deadline).await?;
    Ok(answer.outcome(secrets))
}
