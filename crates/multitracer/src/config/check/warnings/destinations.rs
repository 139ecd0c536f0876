//! Warnings about destinations: mixed projects, and credentials without encryption.

use std::collections::HashMap;

use http::Uri;

use super::Collector;
use super::codes::{PLAIN_HTTP, SHARED_PROJECT};
use crate::config::check::paths::{exporters, tracer_path};
use crate::config::diagnostics::ModelDiagnostic;
use crate::config::model::{ConfigModel, TracerConfig};
use crate::config::secret::is_credential_header;

/// The project that an exporter sends to.
#[derive(PartialEq, Eq, Hash)]
struct RemoteProject<'m> {
    kind: &'static str,
    endpoint: &'m str,
    project: &'m str,
    headers: Vec<(&'m str, &'m str)>,
}

impl Collector<'_> {
    /// Warns about tracers of two environments that send to the same project.
    pub(super) fn check_shared_projects(&mut self, model: &ConfigModel) {
        let mut seen: HashMap<RemoteProject<'_>, &TracerConfig> = HashMap::new();
        for tracer in model.tracers.iter().filter(|tracer| tracer.enabled) {
            let path = tracer_path(tracer);
            let keys = ["environment", "source", "project", "exporter", "exporters", "backend"];
            if !keys.iter().all(|key| self.is_known(&path.key(*key))) {
                continue;
            }
            let Some(environment) = &tracer.environment else { continue };
            let mut shared = None;
            for otlp in tracer.exporters.iter().filter_map(|exporter| exporter.otlp()) {
                let headers = otlp.headers.iter().map(|(name, value)| (name.as_str(), value.expose()));
                let project = RemoteProject {
                    kind: otlp.kind,
                    endpoint: otlp.endpoint,
                    project: &tracer.project,
                    headers: headers.collect(),
                };
                let first = seen.entry(project).or_insert(tracer);
                if first.environment.as_ref() != Some(environment) {
                    shared = Some(&first.name);
                }
            }
            let Some(other) = shared else { continue };
            let message =
                format!("the same endpoint and project as `{other}`, which has another environment");
            let warning = ModelDiagnostic::new(path.key("environment"), message)
                .with_other_path(path.key("source"))
                .with_help("give each environment a `project` of its own");
            self.add(SHARED_PROJECT, warning);
        }
    }

    /// Warns about credentials that go to another machine without encryption.
    pub(super) fn check_plain_http(&mut self, model: &ConfigModel) {
        let enabled = model.tracers.iter().filter(|tracer| tracer.enabled);
        for (exporter, path) in enabled.flat_map(exporters) {
            let Some(otlp) = exporter.otlp() else { continue };
            let path = path.key(otlp.kind).key("endpoint");
            let has_credentials = otlp.endpoint.contains('?')
                || otlp
                    .headers
                    .iter()
                    .any(|(name, value)| is_credential_header(name) && !value.expose().is_empty());
            if !self.is_known(&path) || !has_credentials || !is_plain_and_remote(otlp.endpoint) {
                continue;
            }
            let message = "credentials go to another machine over `http://`, without encryption";
            let warning = ModelDiagnostic::new(path, message);
            self.add(PLAIN_HTTP, warning.with_help("use `https://`, or a collector on this machine"));
        }
    }
}

/// Returns `true` for an `http://` endpoint on another machine.
fn is_plain_and_remote(endpoint: &str) -> bool {
    let Ok(uri) = endpoint.parse::<Uri>() else { return false };
    uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}
