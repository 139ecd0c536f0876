//! The public type of a checked configuration.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::check::warnings;
use super::diagnostics::{ConfigError, Diagnostic};
use super::effective::EffectiveConfig;
use super::loader::{ConfigLoader, Origin};
use super::model::ConfigModel;
use super::overrides::Override;
use super::pipeline::Loaded;
use super::schema::{JsonSchema, ROOT};

/// A checked configuration, from which [registries](crate::Registry::from_config) are built.
///
/// ```
/// let config = multitracer::config::Config::from_yaml("
/// default_tracer: production
/// tracers:
///   production: {project: shop, sample_rate: 0.1, exporter: console}
///   canary: {project: shop-canary, exporter: console}
/// routes:
///   - {headers: {X-Canary-User: true}, tracer: canary}
/// ")?;
/// assert_eq!(config.tracer_names().collect::<Vec<_>>(), ["production", "canary"]);
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
///
/// `Debug` shows no secret.
#[derive(Clone)]
pub struct Config {
    model: Arc<ConfigModel>,
    origin: Option<Origin>,
    notes: Arc<Notes>,
}

/// Facts about a configuration that are not part of it.
struct Notes {
    source_name: String,
    warnings: Vec<Diagnostic>,
    overrides: Vec<Override>,
}

impl Config {
    /// Reads a YAML file. `${VAR}` takes its value from the environment of this process.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// # let name = format!("multitracer-from-path-{}.yaml", std::process::id());
    /// # let path = std::env::temp_dir().join(name);
    /// std::fs::write(&path, "tracers: {main: {project: shop, exporter: console}}")?;
    /// let config = Config::from_path(&path)?;
    /// assert_eq!(config.source_name(), path.display().to_string());
    /// assert_eq!(config.tracer_names().collect::<Vec<_>>(), ["main"]);
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, is larger than 1 MiB, or is not a valid
    /// configuration. The message lists every error with its place.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::loader().load_path(path)
    }

    /// Reads YAML text. `${VAR}` takes its value from the environment of this process.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let config = Config::from_yaml("tracers: {main: {project: shop, exporter: console}}")?;
    /// assert_eq!(config.tracer_names().collect::<Vec<_>>(), ["main"]);
    ///
    /// let error = Config::from_yaml("tracers: {main: {exporter: consol}}").unwrap_err();
    /// assert_eq!(error.diagnostics()[0].help(), Some("did you mean `console`?"));
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid configuration. The message lists every error
    /// with its place.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::loader().load_yaml(text)
    }

    /// Returns a loader, which can take variables from elsewhere or accept unset ones.
    pub fn loader() -> ConfigLoader {
        ConfigLoader::new()
    }

    /// Returns the JSON Schema of a configuration file, for editors.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let schema = serde_json::to_string_pretty(&Config::json_schema())?;
    /// assert!(schema.contains("https://json-schema.org/draft/2020-12/schema"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn json_schema() -> JsonSchema {
        JsonSchema::new(&ROOT)
    }

    /// Returns the path of the file, or `<string>` for YAML text.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.notes.source_name
    }

    /// Returns the names of the tracers in the order of the file.
    pub fn tracer_names(&self) -> impl Iterator<Item = &str> {
        self.model.tracers.iter().map(|tracer| tracer.name.as_str())
    }

    /// Returns the warnings: values that are allowed and likely a mistake.
    ///
    /// The warnings are in the order of the file, at most a hundred. Each has a
    /// [code](Diagnostic::code):
    ///
    /// | code | meaning |
    /// |---|---|
    /// | `shared_project` | tracers of two environments send to the same endpoint, with the same credentials and the same project |
    /// | `readable_key` | a key stands in the file itself, and every user of the machine can read the file (Unix) |
    /// | `plain_http` | credentials go over `http://` to another machine |
    /// | `inherited_credentials` | a tracer with an endpoint of its own sends it the credentials of `defaults` |
    /// | `unreachable_route` | a route never matches: an earlier route covers it, or its own conditions exclude each other |
    /// | `unused_tracer` | no route, experiment or `default_tracer` refers to a tracer; only code that names it uses it. Not checked if a variable gives `default_tracer` |
    /// | `sample_rate_zero` | a tracer's sample rate is 0 |
    /// | `unlimited_canary` | headers of a request choose a tracer, and its sampler has no rate limit |
    /// | `ignored_variable` | an `OTEL_EXPORTER_OTLP_*` variable is set, but no tracer reads it |
    /// | `unknown_override` | a `MULTITRACER_*` variable is set, but it overrides nothing |
    /// | `newer_file_format` | the file has a later minor version of the format |
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let config = Config::from_yaml("tracers: {main: {sample_rate: 0, exporter: console}}")?;
    /// let codes: Vec<_> = config.warnings().iter().map(|warning| warning.code()).collect();
    /// assert_eq!(codes, [Some("sample_rate_zero")]);
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.notes.warnings
    }

    /// Returns the codes of all kinds of [warnings](Self::warnings).
    #[must_use]
    pub fn warning_codes() -> &'static [&'static str] {
        &warnings::ALL
    }

    /// Returns the keys that variables override.
    ///
    /// | variable | key |
    /// |---|---|
    /// | `MULTITRACER_ENABLED` | `enabled` |
    /// | `OTEL_SDK_DISABLED=true` | `enabled: false`, even over `MULTITRACER_ENABLED` |
    /// | `MULTITRACER_DEFAULT_TRACER` | `default_tracer` |
    /// | `MULTITRACER_TRACER_<NAME>_ENABLED` | `tracers.<name>.enabled` |
    /// | `MULTITRACER_TRACER_<NAME>_SAMPLE_RATE` | `tracers.<name>.sample_rate`, even over `sampler` |
    ///
    /// `<NAME>` is the tracer's name in capitals, with `_` for all characters but ASCII letters and
    /// digits. An empty variable counts as unset. The values come from the environment of the
    /// process, unless [`ConfigLoader::overrides`] sets another source.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.notes.overrides
    }

    /// Returns the configuration in force: defaults filled in, short forms written out, variables
    /// substituted, secrets redacted.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let config = Config::from_yaml("tracers: {main: {exporter: console}}")?;
    /// let text = config.effective().to_string();
    /// assert!(text.contains("default_tracer: main"), "{text}");
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn effective(&self) -> EffectiveConfig {
        EffectiveConfig::new(&self.model)
    }

    #[cfg(any(test, feature = "probe"))]
    pub(crate) fn model(&self) -> &ConfigModel {
        &self.model
    }

    pub(crate) fn into_parts(self) -> (ConfigModel, Option<Origin>) {
        (Arc::unwrap_or_clone(self.model), self.origin)
    }

    pub(super) fn new(source_name: &str, loaded: Loaded, origin: Option<Origin>) -> Self {
        let Loaded { model, warnings, overrides } = loaded;
        let notes = Notes { source_name: source_name.to_owned(), warnings, overrides };
        Self { model: Arc::new(model), origin, notes: Arc::new(notes) }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&self.model).finish()
    }
}
