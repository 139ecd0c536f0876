//! Warnings about variables that are set and have no effect.

use super::codes::{IGNORED_VARIABLE, UNKNOWN_OVERRIDE};
use crate::config::diagnostics::SourceDiagnostic;
use crate::config::model::ConfigModel;
use crate::config::overrides::{DEFAULT_TRACER, ENABLED, Override, PREFIX, TRACER_PREFIX, of_tracer};
use crate::config::suggest;

/// The variables around a file.
pub(crate) struct Environment<'e> {
    /// The names of all variables that are set.
    pub(crate) names: &'e [String],
    /// Returns `true` if the file refers to a variable.
    pub(crate) is_referenced: &'e dyn Fn(&str) -> bool,
    /// The overrides in force.
    pub(crate) overrides: &'e [Override],
}

/// Returns the warnings about variables that are set and have no effect.
pub(crate) fn check_environment(environment: &Environment<'_>, model: &ConfigModel) -> Vec<SourceDiagnostic> {
    let mut warnings: Vec<_> = environment.ignored_variables(model).into_iter().collect();
    warnings.extend(environment.unknown_overrides(model));
    warnings
}

impl Environment<'_> {
    /// Warns about OpenTelemetry's variables for exporters, if there is an OTLP exporter.
    fn ignored_variables(&self, model: &ConfigModel) -> Option<SourceDiagnostic> {
        let mut exporters = model.tracers.iter().flat_map(|tracer| tracer.exporters.iter());
        if !exporters.any(|exporter| exporter.otlp().is_some()) {
            return None;
        }
        let names = self.names.iter().map(String::as_str);
        let mut ignored: Vec<&str> = names
            .filter(|name| name.starts_with("OTEL_EXPORTER_OTLP_") && !(self.is_referenced)(name))
            .collect();
        ignored.sort_unstable();
        let first = ignored.first()?;
        let (are, them) = if ignored.len() == 1 { ("is", "it") } else { ("are", "them") };
        let list = suggest::quoted(ignored.iter().copied());
        let message = format!("{list} {are} set, and no tracer reads {them}");
        let help = format!("write `${{{first}}}` where its value belongs, or unset it");
        Some(warning(IGNORED_VARIABLE, message, help))
    }

    /// Warns about variables that look like overrides.
    fn unknown_overrides(&self, model: &ConfigModel) -> Vec<SourceDiagnostic> {
        let mut known = vec![ENABLED.to_owned(), DEFAULT_TRACER.to_owned()];
        known.extend(model.tracers.iter().flat_map(|tracer| of_tracer(&tracer.name)));
        let mut unknown: Vec<&String> = self
            .names
            .iter()
            .filter(|name| name.starts_with(PREFIX) && !known.contains(name))
            .filter(|name| !self.overrides.iter().any(|set| set.variable() == **name))
            .filter(|name| !(self.is_referenced)(name))
            .collect();
        unknown.sort_unstable();
        let warn = |name: &String| {
            let help = help(name, &known)?;
            let message = format!("the variable `{name}` is set, but it overrides nothing");
            Some(warning(UNKNOWN_OVERRIDE, message, help))
        };
        unknown.into_iter().filter_map(warn).collect()
    }
}

/// Returns the help for an unknown override, or `None` if the variable may belong to another
/// program.
fn help(name: &str, known: &[String]) -> Option<String> {
    // with their common prefix all names would be similar
    let prefix = if name.starts_with(TRACER_PREFIX) { TRACER_PREFIX } else { PREFIX };
    let rest = |name| str::strip_prefix(name, prefix);
    let candidates = known.iter().filter_map(|name| rest(name));
    match rest(name).and_then(|name| suggest::nearest(name, candidates)) {
        Some(meant) => Some(format!("did you mean `{prefix}{meant}`?")),
        None if prefix == TRACER_PREFIX => Some(
            "it is `MULTITRACER_TRACER_<NAME>_ENABLED` or `.._SAMPLE_RATE`, with a tracer's name in capitals"
                .to_owned(),
        ),
        None => None,
    }
}

fn warning(code: &'static str, message: String, help: String) -> SourceDiagnostic {
    SourceDiagnostic { code: Some(code), help: Some(help), ..SourceDiagnostic::at_root(None, message) }
}
