//! Single values of a configuration that code builds.

use super::code_numbers::{check_number, check_numbers};
use super::paths::exporters;
use super::value_rules;
use crate::config::diagnostics::{ModelDiagnostic, Violation};
use crate::config::model::{ConfigModel, ExporterConfig, ExporterHeader};
use crate::config::schema::OTLP_HTTP;
use crate::config::secret::shown_key;
use crate::config::yaml::KeyPath;

/// Checks single values that code sets. For a file, the decoder has checked them at their places.
pub(crate) fn check_values(model: &ConfigModel) -> Vec<ModelDiagnostic> {
    let mut errors = Vec::new();
    errors.extend(model.tracers.iter().flat_map(check_numbers));
    for (exporter, path) in model.tracers.iter().flat_map(exporters) {
        let Some(otlp) = exporter.otlp() else { continue };
        let path = path.key(otlp.kind);
        let endpoint = match exporter {
            ExporterConfig::OtlpGrpc(_) => value_rules::grpc_endpoint(otlp.endpoint),
            _ => value_rules::http_endpoint(otlp.endpoint),
        };
        let endpoint = endpoint.err();
        errors.extend(
            endpoint.map(|violation| ModelDiagnostic::hidden_violation(path.key("endpoint"), violation)),
        );
        // both OTLP exporters have the same key
        errors.extend(check_number(&OTLP_HTTP, &path, "timeout", otlp.timeout.as_millis()));
        errors.extend(otlp.headers.iter().filter_map(|header| check_header(&path.key("headers"), header)));
    }
    for each in &model.experiments {
        if !(0.0..=1.0).contains(&each.coverage) {
            let path = KeyPath::root().key("experiments").key(each.name.as_str()).key("coverage");
            let violation = Violation::new("is not a number from 0 to 1");
            errors.push(ModelDiagnostic::violation(path, &each.coverage.to_string(), violation));
        }
    }
    errors
}

fn check_header(headers: &KeyPath, (name, value): &ExporterHeader) -> Option<ModelDiagnostic> {
    let path = headers.key(name.as_str());
    if let Err(violation) = value_rules::export_header_name(name) {
        // a name that is none may hold the value
        return Some(ModelDiagnostic::violation(path, &shown_key(name), violation));
    }
    let violation = value_rules::header_value(value.expose()).err()?;
    Some(ModelDiagnostic::hidden_violation(path, violation))
}
