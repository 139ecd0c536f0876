//! Constructors of registries from files, texts, configurations and code.

use std::path::Path;

use super::builder::RegistryBuilder;
use crate::config::Config;
use crate::registry::error::BuildError;
use crate::registry::handle::Registry;

impl Registry {
    /// Builds the registry that the YAML file at `path` describes, with `${VAR}` from the process's
    /// environment.
    ///
    /// ```no_run
    /// let registry = multitracer::Registry::from_path("config.yaml")?;
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, if its content is wrong, or if an exporter
    /// cannot be set up. The message lists every error with its place.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, BuildError> {
        Self::from_config(Config::from_path(path)?)
    }

    /// Builds the registry that `yaml` describes, with `${VAR}` from the process's environment.
    ///
    /// ```
    /// use multitracer::Registry;
    ///
    /// let registry = Registry::from_yaml("
    /// tracers:
    ///   production: {project: myapp-production, exporter: {console: {}}}
    /// ")?;
    /// assert_eq!(registry.default_tracer().project(), "myapp-production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the content is wrong, or if an exporter cannot be set up.
    pub fn from_yaml(yaml: &str) -> Result<Self, BuildError> {
        Self::from_config(Config::from_yaml(yaml)?)
    }

    /// Builds the registry that `config` describes.
    ///
    /// ```
    /// use multitracer::Registry;
    /// use multitracer::config::Config;
    ///
    /// let config = Config::from_yaml("tracers: {production: {exporter: console}}")?;
    /// let registry = Registry::from_config(config)?;
    /// assert!(registry.tracer("production").is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if an exporter cannot be set up.
    pub fn from_config(config: Config) -> Result<Self, BuildError> {
        RegistryBuilder::from_config(config).build()
    }

    /// Starts a registry that is described in code.
    ///
    /// ```
    /// use multitracer::export::InMemoryExporter;
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let spans = InMemoryExporter::new();
    /// let registry =
    ///     Registry::builder().tracer(TracerBuilder::new("production").in_memory(&spans)).build()?;
    /// assert_eq!(registry.default_tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::new()
    }
}
