//! The needs of a backend: its exporter, its endpoint, its key.

use super::backend::Backend;
use super::block::TracerBlock;
use super::exporter_block::ExporterBlock;
use crate::config::check::value_rules;
use crate::config::reader::{Cursor, Fields};

/// Reports the needs of a backend that a tracer does not meet.
pub(super) fn report_backend_needs(
    name: &str,
    fields: &Fields<'_>,
    block: &TracerBlock,
    defaults: &TracerBlock,
    backend: Backend,
) {
    let preset = backend.preset();
    let word = backend.as_str();
    let at = fields.get("backend").unwrap_or(&fields.at);
    let exporter = block.exporter_over(defaults);
    match &exporter {
        Some(exporter) if exporter.without_key().is_some() => {
            if let (Some(cursor), Some(kind)) = (fields.given("backend"), exporter.without_key()) {
                let place = if kind == "console" { "standard output" } else { "a file" };
                let help = format!("`{kind}` writes to {place}; remove one of the two");
                cursor.report(
                    format!("a `backend` needs an OTLP exporter, and this tracer's is `{kind}`"),
                    Some(help),
                );
            }
            return;
        }
        Some(ExporterBlock::Grpc(_)) if preset.grpc.is_none() => {
            let help = "use `otlp_http`, or remove the exporter".to_owned();
            at.report(format!("the backend `{word}` takes OTLP over HTTP only"), Some(help));
            return;
        }
        _ => {}
    }
    let missing_endpoint = fields.get_nested(["exporter", "otlp_http", "endpoint"]).is_none()
        && exporter.as_ref().is_none_or(|exporter| exporter.endpoint().is_none());
    // The reader has reported an endpoint that is written and wrong.
    if preset.endpoint.is_none() && missing_endpoint && !(block.inherits(defaults) && defaults.has_endpoint) {
        let help = "write `exporter: {otlp_http: {endpoint: \"https://otlp-gateway-REGION.grafana.net/otlp/v1/traces\"}}`, \
                    as the stack's OpenTelemetry page shows it";
        at.report(
            format!("the backend `{word}` has an endpoint for each region, and this tracer has none"),
            Some(help.to_owned()),
        );
    }
    let header = preset.key_header();
    let has_key = block.has_key
        || (block.inherits(defaults) && defaults.has_key)
        || exporter.as_ref().is_some_and(|exporter| exporter.mentions(header));
    if preset.needs_key && !has_key {
        let help = if defaults.has_key {
            "the `api_key` of `defaults` is for another backend; write one here, or the same `backend` there"
                .to_owned()
        } else {
            format!("write `api_key: \"${{..}}\"`; it is sent as the header `{header}`")
        };
        at.report(format!("the backend `{word}` needs an `api_key`"), Some(help));
    }
    if let Some(header) = preset.project_header
        && let Err(violation) = value_rules::header_value(block.project.as_deref().unwrap_or(name))
    {
        let at: &Cursor<'_> = fields.get("project").unwrap_or(&fields.at);
        let help = format!("the backend `{word}` reads the project from the header `{header}`");
        at.report_violation(violation.with_help(help));
    }
}
