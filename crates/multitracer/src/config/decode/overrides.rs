//! The overrides: variables that operators set in place of keys of the file.

use crate::config::diagnostics::SourceDiagnostic;
use crate::config::model::{ConfigModel, ParentBasedConfig, SamplerConfig};
use crate::config::overrides::{DEFAULT_TRACER, ENABLED, Override, SDK_DISABLED, of_tracer};
use crate::config::reader::Context;
use crate::config::suggest;
use crate::config::yaml::{KeyPath, core_schema};

/// Returns the override of `default_tracer`, if there is one.
pub(super) fn default_tracer(cx: &Context<'_>, names: &[&str]) -> Option<String> {
    let name = value(cx, DEFAULT_TRACER)?;
    if names.contains(&name.as_str()) {
        return Some(name);
    }
    let help = match suggest::nearest(&name, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the tracers are {}", suggest::quoted_some(names)),
    };
    report_variable(cx, DEFAULT_TRACER, "is not the name of a tracer", help);
    None
}

/// Applies all overrides but that of the default tracer. Returns every override that is set.
pub(crate) fn apply(cx: &Context<'_>, model: &mut ConfigModel) -> Vec<Override> {
    let root = KeyPath::root();
    let mut set = Vec::new();
    if let Some(enabled) = read(cx, ENABLED, "is not `true` or `false`", flag) {
        model.enabled = enabled;
        set.push(Override::new(ENABLED, root.key("enabled"), enabled.to_string()));
    }
    // OpenTelemetry's specification gives every other value no effect
    if value(cx, SDK_DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        model.enabled = false;
        set.push(Override::new(SDK_DISABLED, root.key("enabled"), "false"));
    }
    if value(cx, DEFAULT_TRACER).is_some_and(|name| name == model.default_tracer) {
        set.push(Override::new(DEFAULT_TRACER, root.key("default_tracer"), model.default_tracer.as_str()));
    }
    let mut claimed: Vec<([String; 2], String)> = Vec::new();
    for tracer in &mut model.tracers {
        let variables = of_tracer(&tracer.name);
        let [enabled, rate] = &variables;
        let (given, at) =
            ([value(cx, enabled), value(cx, rate)], root.key("tracers").key(tracer.name.as_str()));
        if given == [None, None] {
            continue;
        }
        if let Some((_, other)) = claimed.iter().find(|(theirs, _)| *theirs == variables) {
            let variable = if given[0].is_some() { enabled } else { rate };
            let what = format!("names two tracers, `{other}` and `{}`", tracer.name);
            report_variable(cx, variable, &what, "rename one of them".to_owned());
            continue;
        }
        if let Some(on) = read(cx, enabled, "is not `true` or `false`", flag) {
            tracer.enabled = on;
            set.push(Override::new(enabled, at.key("enabled"), on.to_string()));
        }
        if let Some(ratio) = read(cx, rate, "is not a number from 0 to 1", ratio) {
            let root = SamplerConfig::TraceIdRatioBased(ratio);
            tracer.sampler = SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(root)));
            set.push(Override::new(rate, at.key("sample_rate"), ratio.to_string()));
        }
        claimed.push((variables, tracer.name.clone()));
    }
    set
}

/// Returns the value of the variable, unless it is empty.
fn value(cx: &Context<'_>, variable: &str) -> Option<String> {
    cx.overrides?.get(variable).filter(|value| !value.is_empty())
}

fn read<T>(cx: &Context<'_>, variable: &str, predicate: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
    let parsed = parse(&value(cx, variable)?);
    if parsed.is_none() {
        report_variable(cx, variable, predicate, format!("unset `{variable}` to use what the file says"));
    }
    parsed
}

fn flag(text: &str) -> Option<bool> {
    core_schema::parse_bool(&text.to_ascii_lowercase())
}

fn ratio(text: &str) -> Option<f64> {
    core_schema::parse_float(text).filter(|ratio| (0.0..=1.0).contains(ratio))
}

fn report_variable(cx: &Context<'_>, variable: &str, predicate: &str, help: String) {
    let message = format!("the variable `{variable}` {predicate}");
    cx.report(SourceDiagnostic { help: Some(help), ..SourceDiagnostic::at_root(None, message) });
}
