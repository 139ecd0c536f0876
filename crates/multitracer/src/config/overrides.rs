//! The variables that stand in for keys of a file, such as `MULTITRACER_ENABLED`.

use super::yaml::KeyPath;

/// A key of the file with a value from a variable, such as `MULTITRACER_ENABLED`.
///
/// [`Config::overrides`](crate::config::Config::overrides) lists them.
///
/// ```
/// use multitracer::config::Config;
///
/// let config = Config::loader()
///     .overrides(|name: &str| match name {
///         "MULTITRACER_TRACER_MAIN_SAMPLE_RATE" => Some("0.5".to_owned()),
///         _ => None,
///     })
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
    /// Returns the name of the variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }

    /// Returns the path of the key, such as `tracers.canary.sample_rate`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the value in force: `true`, `false`, a tracer's name, or a rate.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    pub(super) fn new(variable: impl Into<String>, at: KeyPath, value: impl Into<String>) -> Self {
        Self { variable: variable.into(), path: at.to_string(), at, value: value.into() }
    }
}

pub(super) const PREFIX: &str = "MULTITRACER_";
pub(super) const ENABLED: &str = "MULTITRACER_ENABLED";

pub(super) const DEFAULT_TRACER: &str = "MULTITRACER_DEFAULT_TRACER";
pub(super) const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";

pub(super) const TRACER_PREFIX: &str = "MULTITRACER_TRACER_";

/// Returns the variables of one tracer: `.._ENABLED` and `.._SAMPLE_RATE`.
pub(super) fn of_tracer(name: &str) -> [String; 2] {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    ["ENABLED", "SAMPLE_RATE"].map(|switch| format!("{TRACER_PREFIX}{name}_{switch}"))
}
