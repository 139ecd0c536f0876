//! The needs of a backend: its exporter, its endpoint, its key and its project.

use super::backend::{Backend, Preset};
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
    let exporter = block.exporter_over(defaults);
    let needs = BackendNeeds { fields, block, defaults, backend, preset, exporter };
    if !needs.has_fitting_exporter() {
        needs.report_exporter();
        return;
    }
    needs.report_endpoint();
    needs.report_key();
    needs.report_project(name);
}

/// A tracer beside the needs of its backend.
struct BackendNeeds<'t> {
    fields: &'t Fields<'t>,
    block: &'t TracerBlock,
    defaults: &'t TracerBlock,
    backend: Backend,
    preset: Preset,
    /// The exporter of the tracer, merged with that of the defaults.
    exporter: Option<ExporterBlock>,
}

impl BackendNeeds<'_> {
    /// Returns `true` if the tracer has no exporter, or one that can send to the backend.
    fn has_fitting_exporter(&self) -> bool {
        match &self.exporter {
            None | Some(ExporterBlock::Http(_)) => true,
            Some(ExporterBlock::Grpc(_)) => self.preset.grpc.is_some(),
            Some(ExporterBlock::File(_) | ExporterBlock::Console) => false,
        }
    }

    /// Reports an exporter that cannot send to the backend.
    fn report_exporter(&self) {
        match self.exporter.as_ref().and_then(ExporterBlock::without_key) {
            None => {
                let help = "use `otlp_http`, or remove the exporter".to_owned();
                let word = self.backend.as_str();
                self.cursor().report(format!("the backend `{word}` takes OTLP over HTTP only"), Some(help));
            }
            Some(kind) => {
                if let Some(cursor) = self.fields.given("backend") {
                    let place = if kind == "console" { "standard output" } else { "a file" };
                    let help = format!("`{kind}` writes to {place}; remove one of the two");
                    cursor.report(
                        format!("a `backend` needs an OTLP exporter, and this tracer's is `{kind}`"),
                        Some(help),
                    );
                }
            }
        }
    }

    /// Reports a missing endpoint if the backend has no endpoint for all users.
    fn report_endpoint(&self) {
        // the reader already reported an invalid endpoint
        let has_own = self.fields.get_nested(["exporter", "otlp_http", "endpoint"]).is_some()
            || self.exporter.as_ref().is_some_and(|exporter| exporter.endpoint().is_some());
        let inherits_one = self.inherits() && self.defaults.has_endpoint;
        if self.preset.endpoint.is_none() && !has_own && !inherits_one {
            let help = "write `exporter: {otlp_http: {endpoint: \"https://otlp-gateway-REGION.grafana.net/otlp/v1/traces\"}}`, \
                        as the stack's OpenTelemetry page shows it";
            let word = self.backend.as_str();
            self.cursor().report(
                format!("the backend `{word}` has an endpoint for each region, and this tracer has none"),
                Some(help.to_owned()),
            );
        }
    }

    /// Reports a missing key if the backend needs one.
    fn report_key(&self) {
        let header = self.preset.key_header();
        let has_key = self.block.has_key()
            || (self.inherits() && self.defaults.has_key())
            || self.exporter.as_ref().is_some_and(|exporter| exporter.mentions(header));
        if self.preset.needs_key && !has_key {
            let help = if self.defaults.has_key() {
                "the `api_key` of `defaults` is for another backend; write one here, or the same `backend` there"
                    .to_owned()
            } else {
                format!("write `api_key: \"${{..}}\"`; it is sent as the header `{header}`")
            };
            let word = self.backend.as_str();
            self.cursor().report(format!("the backend `{word}` needs an `api_key`"), Some(help));
        }
    }

    /// Reports a project that is not a valid header value if the backend reads it from a header.
    fn report_project(&self, tracer_name: &str) {
        if let Some(header) = self.preset.project_header
            && let Err(violation) =
                value_rules::header_value(self.block.project.as_deref().unwrap_or(tracer_name))
        {
            let at: &Cursor<'_> = self.fields.get("project").unwrap_or(&self.fields.at);
            let word = self.backend.as_str();
            let help = format!("the backend `{word}` reads the project from the header `{header}`");
            at.report_violation(violation.with_help(help));
        }
    }

    /// Returns the place of `backend`, or of the tracer if it inherits its backend.
    fn cursor(&self) -> &Cursor<'_> {
        self.fields.get("backend").unwrap_or(&self.fields.at)
    }

    fn inherits(&self) -> bool {
        self.block.inherits(self.defaults)
    }
}
