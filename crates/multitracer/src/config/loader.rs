//! The loader of configurations.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::checked::Config;
use super::content::ReadFiles;
use super::diagnostics::{ConfigError, Diagnostic};
use super::options::LoadOptions;
use super::pipeline;
use super::read_file::read_text;
use super::yaml::{ProcessEnv, UndefinedVariables, Variables};

/// The file that a configuration comes from, with its loader.
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

    /// Reads the file again, with the same loader.
    pub(crate) fn load(&self) -> Result<Config, ConfigError> {
        Arc::clone(&self.loader).load_file(&self.path, &ReadFiles::default())
    }

    /// Reads the file again, with the same loader. The files that the load reads for `${file:PATH}`
    /// are added to `read`, also if the load fails.
    #[cfg(feature = "watch")]
    pub(crate) fn load_listing(&self, read: &ReadFiles) -> Result<Config, ConfigError> {
        Arc::clone(&self.loader).load_file(&self.path, read)
    }
}

/// A loader of a [`Config`], from [`Config::loader`].
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
    pub(super) fn new() -> Self {
        Self {
            variables: Box::new(ProcessEnv),
            overrides: Box::new(ProcessEnv),
            undefined: UndefinedVariables::default(),
            credentials: true,
        }
    }

    /// Sets the source of `${VAR}`. The default is the environment of this process.
    ///
    /// A [reload](crate::Registry::reload_from_file) asks the source again.
    pub fn variables(self, variables: impl Variables + Send + Sync + 'static) -> Self {
        Self { variables: Box::new(variables), ..self }
    }

    /// Sets the source of the [overrides](Config::overrides) `MULTITRACER_*`. The default is the
    /// environment of this process.
    ///
    /// Warnings about variables without effect use this source, too. `|_: &str| None` has no
    /// override.
    pub fn overrides(self, overrides: impl Variables + Send + Sync + 'static) -> Self {
        Self { overrides: Box::new(overrides), ..self }
    }

    /// Sets the meaning of an unset variable, unless the file has `undefined_variables`.
    pub fn undefined_variables(self, undefined: UndefinedVariables) -> Self {
        Self { undefined, ..self }
    }

    /// Ignores references in credentials: those in `api_key`, `headers` and `headers_list` are
    /// not looked up.
    ///
    /// Use it to look at routes and experiments on a machine without the secrets. Backends refuse
    /// the exports of such a configuration.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let yaml = "tracers: {main: {api_key: \"${KEY_THAT_IS_NOT_SET}\"}}";
    /// assert!(Config::from_yaml(yaml).is_err());
    /// Config::loader().without_credentials().load_yaml(yaml)?;
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    pub fn without_credentials(self) -> Self {
        Self { credentials: false, ..self }
    }

    /// Checks a YAML file without reading variables or files, and returns its warnings.
    ///
    /// Use it on a build machine that has no secrets. A value with a reference counts as valid.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// # let name = format!("multitracer-check-path-{}.yaml", std::process::id());
    /// # let path = std::env::temp_dir().join(name);
    /// std::fs::write(&path, "tracers: {main: {api_key: \"${HH_API_KEY}\", sample_rate: 0}}")?;
    /// let warnings = Config::loader().check_path(&path)?;
    /// assert_eq!(warnings[0].code(), Some("sample_rate_zero"));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Config::from_path`], except those that need the values of variables
    /// or the texts of files.
    pub fn check_path(self, path: impl AsRef<Path>) -> Result<Vec<Diagnostic>, ConfigError> {
        let path = path.as_ref();
        let (name, text) = read_text(path)?;
        self.check(&name, &text, Some(path))
    }

    /// Checks YAML text without reading variables or files, and returns its warnings.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let yaml = "tracers: {main: {api_key: \"${HH_API_KEY}\", sample_rate: 0}}";
    /// let warnings = Config::loader().check_yaml(yaml)?;
    /// assert_eq!(warnings[0].code(), Some("sample_rate_zero"));
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Config::from_yaml`], except those that need the values of variables
    /// or the texts of files.
    pub fn check_yaml(self, text: &str) -> Result<Vec<Diagnostic>, ConfigError> {
        self.check("<string>", text, None)
    }

    /// Reads a YAML file.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// # let name = format!("multitracer-load-path-{}.yaml", std::process::id());
    /// # let path = std::env::temp_dir().join(name);
    /// std::fs::write(&path, "tracers: {main: {project: \"${APP}\", exporter: console}}")?;
    /// let config = Config::loader()
    ///     .variables(|name: &str| (name == "APP").then(|| "shop".to_owned()))
    ///     .load_path(&path)?;
    /// assert!(config.effective().to_string().contains("project: shop"));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Config::from_path`].
    pub fn load_path(self, path: impl AsRef<Path>) -> Result<Config, ConfigError> {
        Arc::new(self).load_file(path.as_ref(), &ReadFiles::default())
    }

    /// Reads YAML text.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Config::from_yaml`].
    pub fn load_yaml(self, text: &str) -> Result<Config, ConfigError> {
        self.load("<string>", text, None, &ReadFiles::default())
    }

    fn check(&self, name: &str, text: &str, file: Option<&Path>) -> Result<Vec<Diagnostic>, ConfigError> {
        let read = ReadFiles::default();
        let options = LoadOptions { variables: None, overrides: None, ..self.options(file, &read) };
        Ok(pipeline::load(name, text, &options)?.warnings)
    }

    fn load_file(self: Arc<Self>, path: &Path, read: &ReadFiles) -> Result<Config, ConfigError> {
        let (name, text) = read_text(path)?;
        let origin = Origin { path: path.to_owned(), loader: Arc::clone(&self) };
        self.load(&name, &text, Some(origin), read)
    }

    fn load(
        &self,
        name: &str,
        text: &str,
        origin: Option<Origin>,
        read: &ReadFiles,
    ) -> Result<Config, ConfigError> {
        let options = self.options(origin.as_ref().map(|origin| origin.path.as_path()), read);
        Ok(Config::new(name, pipeline::load(name, text, &options)?, origin))
    }

    fn options<'o>(&'o self, file: Option<&'o Path>, read_files: &'o ReadFiles) -> LoadOptions<'o> {
        LoadOptions {
            variables: Some(self.variables.as_ref()),
            overrides: Some(self.overrides.as_ref()),
            undefined: self.undefined,
            file,
            read_files,
            credentials: self.credentials,
        }
    }
}

impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigLoader").field("undefined_variables", &self.undefined).finish_non_exhaustive()
    }
}
