//! The public type, and the ways to load it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ConfigError;
use super::load::{self, LARGEST};
use super::model::ConfigModel;
use super::substitute::{ProcessEnv, UndefinedVariables, Variables};

/// A configuration that was read and checked; registries are made from it.
///
/// ```
/// let config = multitracer::Config::from_yaml("
/// default_tracer: production
/// tracers:
///   production: {project: shop, sample_rate: 0.1, exporter: console}
///   canary: {project: shop-canary, exporter: console}
/// routes:
///   - {headers: {X-Canary-User: true}, tracer: canary}
/// ")?;
/// # let _ = config;
/// # Ok::<(), multitracer::ConfigError>(())
/// ```
///
/// `Debug` shows no secret.
#[derive(Clone)]
pub struct Config {
    model: Arc<ConfigModel>,
    origin: Option<Origin>,
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
        Self::loader().path(path)
    }

    /// Reads YAML text; `${VAR}` in it is taken from the environment of this process.
    ///
    /// # Errors
    ///
    /// The text is not a configuration; every problem is named.
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        Self::loader().yaml(text)
    }

    /// Loads with variables from elsewhere, or with another rule for those that are not set.
    pub fn loader() -> ConfigLoader {
        ConfigLoader { variables: Box::new(ProcessEnv), undefined: UndefinedVariables::default() }
    }

    #[cfg(test)]
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
/// use multitracer::{Config, UndefinedVariables};
///
/// let config = Config::loader()
///     .variables(|name: &str| (name == "APP_ENV").then(|| "staging".to_owned()))
///     .undefined_variables(UndefinedVariables::Empty)
///     .yaml("tracers: {main: {environment: \"${APP_ENV}\", exporter: console}}")?;
/// # let _ = config;
/// # Ok::<(), multitracer::ConfigError>(())
/// ```
#[must_use]
pub struct ConfigLoader {
    variables: Box<dyn Variables + Send + Sync>,
    undefined: UndefinedVariables,
}

impl ConfigLoader {
    /// Takes `${VAR}` from `variables` in place of the environment.
    ///
    /// They are asked again when the file is [read again](crate::Registry::reload_from_file).
    pub fn variables(self, variables: impl Variables + Send + Sync + 'static) -> Self {
        Self { variables: Box::new(variables), ..self }
    }

    /// What a variable that is not set means, unless the file's own `undefined_variables` says it.
    pub fn undefined_variables(self, undefined: UndefinedVariables) -> Self {
        Self { undefined, ..self }
    }

    /// Reads a YAML file.
    ///
    /// # Errors
    ///
    /// As [`Config::from_path`].
    pub fn path(self, path: impl AsRef<Path>) -> Result<Config, ConfigError> {
        Arc::new(self).at(path.as_ref())
    }

    fn at(self: Arc<Self>, path: &Path) -> Result<Config, ConfigError> {
        let name = path.display().to_string();
        let bytes = read(path).map_err(|error| {
            ConfigError::unreadable(&name, format!("cannot read the file: {error}"), Some(error))
        })?;
        if bytes.len() > LARGEST {
            return Err(load::too_large(&name));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error
                .as_bytes()
                .iter()
                .take(error.utf8_error().valid_up_to())
                .filter(|b| **b == b'\n')
                .count();
            ConfigError::unreadable(&name, format!("not UTF-8 text, in line {}", line + 1), None)
        })?;
        let config = self.load(&name, &text)?;
        let origin = Origin { path: path.to_owned(), loader: self };
        Ok(Config { origin: Some(origin), ..config })
    }

    /// Reads YAML text.
    ///
    /// # Errors
    ///
    /// As [`Config::from_yaml`].
    pub fn yaml(self, text: &str) -> Result<Config, ConfigError> {
        self.load("<string>", text)
    }

    fn load(&self, name: &str, text: &str) -> Result<Config, ConfigError> {
        let model = load::load(name, text, Some(self.variables.as_ref()), self.undefined)?;
        Ok(Config { model: Arc::new(model), origin: None })
    }
}

impl fmt::Debug for ConfigLoader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigLoader").field("undefined_variables", &self.undefined).finish_non_exhaustive()
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large from one that just fits.
    File::open(path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
