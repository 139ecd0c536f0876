//! `MULTITRACER_*`: the few switches that operators turn without touching the file.

use super::check;
use super::core_schema;
use super::decode::Context;
use super::error::Finding;
use super::model::{ConfigModel, ParentBasedConfig, SamplerConfig};
use super::path::KeyPath;
use super::suggest;

/// A key of the file that a variable, mostly `MULTITRACER_*`, replaced; [`Config::overrides`](crate::config::Config::overrides) lists them.
///
/// ```
/// use multitracer::config::Config;
///
/// let config = Config::loader()
///     .overrides(|name: &str| (name == "MULTITRACER_TRACER_MAIN_SAMPLE_RATE").then(|| "0.5".to_owned()))
///     .load_yaml("tracers: {main: {exporter: console}}")?;
/// let set = &config.overrides()[0];
/// assert_eq!((set.path(), set.value()), ("tracers.main.sample_rate", "0.5"));
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    variable: String,
    pub(super) at: KeyPath,
    path: String,
    value: String,
}

impl Override {
    /// The variable's name.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// The key that it stands for, as in `tracers.canary.sample_rate`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is in force: `true`, `false`, a tracer's name, or a rate.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    fn new(variable: impl Into<String>, at: KeyPath, value: impl Into<String>) -> Self {
        Self { variable: variable.into(), path: at.to_string(), at, value: value.into() }
    }
}

pub(super) const PREFIX: &str = "MULTITRACER_";
pub(super) const ENABLED: &str = "MULTITRACER_ENABLED";
pub(super) const DEFAULT_TRACER: &str = "MULTITRACER_DEFAULT_TRACER";
const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
pub(super) const OF_TRACER: &str = "MULTITRACER_TRACER_";

/// The variables of one tracer.
pub(super) fn of_tracer(name: &str) -> [String; 2] {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    ["ENABLED", "SAMPLE_RATE"].map(|switch| format!("{OF_TRACER}{name}_{switch}"))
}

/// What stands in place of the file's `default_tracer`, if anything does.
pub(super) fn default_tracer(cx: &Context<'_>, names: &[&str]) -> Option<String> {
    let name = value(cx, DEFAULT_TRACER)?;
    if names.contains(&name.as_str()) {
        return Some(name);
    }
    let help = match suggest::nearest(&name, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the tracers are {}", check::known(names)),
    };
    refuse(cx, DEFAULT_TRACER, "is not the name of a tracer", help);
    None
}

/// Puts the variables in, but for the default tracer, and lists all that are set.
pub(super) fn apply(cx: &Context<'_>, model: &mut ConfigModel) -> Vec<Override> {
    let root = KeyPath::root();
    let mut set = Vec::new();
    if let Some(enabled) = read(cx, ENABLED, "is not `true` or `false`", flag) {
        model.enabled = enabled;
        set.push(Override::new(ENABLED, root.key("enabled"), enabled.to_string()));
    }
    // OpenTelemetry's own, of which every value but this one means nothing
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
            let what = format!("stands for two tracers, `{other}` and `{}`", tracer.name);
            refuse(cx, variable, &what, "rename one of them".to_owned());
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

/// The variable's value, unless it is empty.
fn value(cx: &Context<'_>, variable: &str) -> Option<String> {
    cx.overrides?.get(variable).filter(|value| !value.is_empty())
}

fn read<T>(cx: &Context<'_>, variable: &str, breach: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
    let parsed = parse(&value(cx, variable)?);
    if parsed.is_none() {
        refuse(cx, variable, breach, format!("unset `{variable}` to use what the file says"));
    }
    parsed
}

fn flag(text: &str) -> Option<bool> {
    core_schema::parse_bool(&text.to_ascii_lowercase())
}

fn ratio(text: &str) -> Option<f64> {
    core_schema::parse_float(text).filter(|ratio| (0.0..=1.0).contains(ratio))
}

fn refuse(cx: &Context<'_>, variable: &str, breach: &str, help: String) {
    let message = format!("the variable `{variable}` {breach}");
    cx.report(Finding { code: None, path: KeyPath::root(), span: None, message, help: Some(help) });
}
