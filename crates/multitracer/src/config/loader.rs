//! The public type, and the ways to load it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::warnings;
use super::diagnostic::{ConfigError, Diagnostic};
use super::effective::EffectiveConfig;
use super::model::ConfigModel;
use super::options::LoadOptions;
use super::overrides::Override;
use super::pipeline::{self, Loaded};
use super::read_file::read_text;
use super::schema::{JsonSchema, ROOT};
use super::yaml::{ProcessEnv, UndefinedVariables, Variables};

/// A configuration that was read and checked; registries are made from it.
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
/// # let _ = config;
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

/// What is said about a configuration, and is no part of it.
struct Notes {
    source_name: String,
    warnings: Vec<Diagnostic>,
    overrides: Vec<Override>,
}

/// The file that a configuration came from, and how it was read.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    loader: Arc<ConfigLoader>,
}

impl Origin {
    #[cfg(feature = "watch")]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file again, with the same variables and rules.
    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        Arc::clone(&self.loader).at(&self.path)
    }
}

impl Config {
    /// Reads a YAML file; `${VAR}` in it is taken from the environment of this process.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is larger than 1 MiB, or is not a configuration; then every problem is named.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::loader().load_path(path)
    }

    /// Reads YAML text; `${VAR}` in it is taken from the environment of this process.
    ///
    /// # Errors
    ///
    /// The text is not a configuration; every problem is named.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::loader().load_yaml(text)
    }

    /// Loads with variables from elsewhere, or with another rule for those that are not set.
    pub fn loader() -> ConfigLoader {
        ConfigLoader {
            variables: Box::new(ProcessEnv),
            overrides: Box::new(ProcessEnv),
            undefined: UndefinedVariables::default(),
            credentials: true,
        }
    }

    /// The JSON Schema of the file, for editors.
    #[must_use]
    pub fn json_schema() -> JsonSchema {
        JsonSchema::new(&ROOT)
    }

    /// The file that was read, or `<string>`.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.notes.source_name
    }

    /// The names of the tracers, in the order of the file.
    pub fn tracer_names(&self) -> impl Iterator<Item = &str> {
        self.model.tracers.iter().map(|tracer| tracer.name.as_str())
    }

    /// What is allowed and likely not meant, in the order of the file; at most the first hundred. By [name](Diagnostic::code):
    ///
    /// | name | what |
    /// |---|---|
    /// | `shared_project` | tracers of two environments send to the same endpoint, with the same credentials, and the same project |
    /// | `plain_http` | credentials go over `http://` to another machine |
    /// | `inherited_credentials` | a tracer with an endpoint of its own sends it the credentials of `defaults` |
    /// | `unreachable_route` | a route never matches: an earlier one covers it, or its own conditions exclude each other |
    /// | `unused_tracer` | no route, no experiment and not `default_tracer` leads to a tracer; only code that names it uses it. Not looked for where a variable gives `default_tracer` |
    /// | `sample_rate_zero` | a tracer's sample rate is 0 |
    /// | `unlimited_canary` | headers of a request choose a tracer whose sampler has no rate limit |
    /// | `ignored_variable` | an `OTEL_EXPORTER_OTLP_*` variable is set, which no tracer reads |
    /// | `unknown_override` | a `MULTITRACER_*` variable is set that stands for nothing |
    /// | `newer_file_format` | the file says that it has a later minor version of the format |
    ///
    /// ```
    /// let config = multitracer::config::Config::from_yaml("tracers: {main: {sample_rate: 0, exporter: console}}")?;
    /// let warnings: Vec<_> = config.diagnostics().iter().map(|warning| warning.code()).collect();
    /// assert_eq!(warnings, [Some("sample_rate_zero")]);
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.notes.warnings
    }

    /// The names of all kinds of [warnings](Self::warnings).
    #[must_use]
    pub fn warning_codes() -> &'static [&'static str] {
        &warnings::ALL
    }

    /// What `MULTITRACER_*` variables changed in the file.
    ///
    /// | variable | stands for |
    /// |---|---|
    /// | `MULTITRACER_ENABLED` | `enabled` |
    /// | `OTEL_SDK_DISABLED=true` | `enabled: false`, whatever `MULTITRACER_ENABLED` says |
    /// | `MULTITRACER_DEFAULT_TRACER` | `default_tracer` |
    /// | `MULTITRACER_TRACER_<NAME>_ENABLED` | `tracers.<name>.enabled` |
    /// | `MULTITRACER_TRACER_<NAME>_SAMPLE_RATE` | `tracers.<name>.sample_rate`, over `sampler` too |
    ///
    /// `<NAME>` is the tracer's name in capitals, with `_` for all but ASCII letters and digits. An empty variable counts as
    /// not set. They are taken from the environment of the process, unless [`ConfigLoader::overrides`] says otherwise.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.notes.overrides
    }

    /// Everything as it is in force: defaults filled in, presets and short forms written out, variables put in, secrets
    /// redacted.
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
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Config").field(&self.model).finish()
    }
}

/// Loads a [`Config`]; made by [`Config::loader`].
///
/// ```
/// use multitracer::config::{Config, UndefinedVariables};
///
/// let config = Config::loader()
///     .variables(|name: &str| (name == "APP_ENV").then(|| "staging".to_owned()))
///     .undefined_variables(UndefinedVariables::Empty)
///     .load_yaml("tracers: {main: {environment: \"${APP_ENV}\", exporter: console}}")?;
/// # let _ = config;
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
#[must_use]
pub struct ConfigLoader {
    variables: Box<dyn Variables + Send + Sync>,
    overrides: Box<dyn Variables + Send + Sync>,
    undefined: UndefinedVariables,
    credentials: bool,
}

impl ConfigLoader {
    /// Takes `${VAR}` from `variables` in place of the environment.
    ///
    /// They are asked again when the file is [read again](crate::Registry::reload_from_file).
    pub fn variables(self, variables: impl Variables + Send + Sync + 'static) -> Self {
        Self { variables: Box::new(variables), ..self }
    }

    /// Takes `MULTITRACER_*` from `overrides` in place of the environment of this process; [`Config::overrides`] says what they are.
    ///
    /// Warnings about variables that are set and mean nothing are about these, too. `|_: &str| None` takes none.
    pub fn overrides(self, overrides: impl Variables + Send + Sync + 'static) -> Self {
        Self { overrides: Box::new(overrides), ..self }
    }

    /// What a variable that is not set means, unless the file's own `undefined_variables` says it.
    pub fn undefined_variables(self, undefined: UndefinedVariables) -> Self {
        Self { undefined, ..self }
    }

    /// Leaves credentials out that variables hold: references in `api_key`, `headers` and `headers_list` are not looked up.
    ///
    /// For a look at routes and experiments where the secrets are not at hand; nothing that such a configuration sends is let in.
    pub fn without_credentials(self) -> Self {
        Self { credentials: false, ..self }
    }

    /// Checks a YAML file with no variable put in, and gives its warnings: what a build machine can do that has no secrets.
    ///
    /// # Errors
    ///
    /// As [`Config::from_path`], but for what the values of variables would show.
    pub fn check_path(self, path: impl AsRef<Path>) -> Result<Vec<Diagnostic>, ConfigError> {
        let (name, text) = read_text(path.as_ref())?;
        self.check(&name, &text)
    }

    /// As [`check_path`](Self::check_path), for YAML text.
    ///
    /// # Errors
    ///
    /// As [`Config::from_yaml`], but for what the values of variables would show.
    pub fn check_yaml(self, text: &str) -> Result<Vec<Diagnostic>, ConfigError> {
        self.check("<string>", text)
    }

    fn check(&self, name: &str, text: &str) -> Result<Vec<Diagnostic>, ConfigError> {
        let options = LoadOptions { variables: None, overrides: None, ..self.options() };
        Ok(pipeline::load(name, text, &options)?.warnings)
    }

    fn options(&self) -> LoadOptions<'_> {
        LoadOptions {
            variables: Some(self.variables.as_ref()),
            overrides: Some(self.overrides.as_ref()),
            undefined: self.undefined,
            credentials: self.credentials,
        }
    }

    /// Reads a YAML file.
    ///
    /// # Errors
    ///
    /// As [`Config::from_path`].
    pub fn load_path(self, path: impl AsRef<Path>) -> Result<Config, ConfigError> {
        Arc::new(self).at(path.as_ref())
    }

    fn at(self: Arc<Self>, path: &Path) -> Result<Config, ConfigError> {
        let (name, text) = read_text(path)?;
        let config = self.load(&name, &text)?;
        let origin = Origin { path: path.to_owned(), loader: self };
        Ok(Config { origin: Some(origin), ..config })
    }

    /// Reads YAML text.
    ///
    /// # Errors
    ///
    /// As [`Config::from_yaml`].
    pub fn load_yaml(self, text: &str) -> Result<Config, ConfigError> {
        self.load("<string>", text)
    }

    fn load(&self, name: &str, text: &str) -> Result<Config, ConfigError> {
        let Loaded { model, warnings, overrides } = pipeline::load(name, text, &self.options())?;
        let notes = Notes { source_name: name.to_owned(), warnings, overrides };
        Ok(Config { model: Arc::new(model), origin: None, notes: Arc::new(notes) })
    }
}

impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigLoader").field("undefined_variables", &self.undefined).finish_non_exhaustive()
    }
}
