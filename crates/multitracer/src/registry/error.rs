//! Errors of building, reloading and controlling a registry.

use std::fmt;
use std::io;

use thiserror::Error;

use crate::config::ConfigError;
use crate::tracer::UnknownTracerError;

/// An error that prevents the construction or the installation of a registry.
///
/// ```
/// use multitracer::Registry;
/// use multitracer::error::BuildError;
///
/// let yaml = "tracers: {production: {exporter: {consol: {}}}}";
/// let Err(error) = Registry::from_yaml(yaml) else { unreachable!() };
/// assert!(matches!(error, BuildError::Config(_)));
/// assert!(error.to_string().contains("consol"));
/// ```
#[derive(Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration is wrong. The message lists every error with its place.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A tracer's exporter could not be set up.
    #[error("tracer `{tracer}`: {reason}")]
    #[non_exhaustive]
    Exporter {
        /// The tracer's name.
        tracer: String,
        /// The reason, without credentials.
        reason: String,
    },
    /// The export thread could not be started.
    #[error("cannot start the export runtime")]
    Runtime(#[source] io::Error),
    /// A registry is installed already. A process can install only one.
    #[error("a registry is installed already; enter this one with `Registry::scope` instead")]
    AlreadyInstalled,
}

impl fmt::Debug for BuildError {
    /// Writes the `Display` text and the causes, because a `main` that returns an error shows its
    /// `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::Runtime(cause) => write!(f, ": {cause}"),
            _ => Ok(()),
        }
    }
}

/// An error that prevents a reload. The configuration in use stays.
///
/// ```
/// use multitracer::Registry;
/// use multitracer::error::ReloadError;
///
/// let registry = Registry::from_yaml("tracers: {production: {exporter: console}}")?;
/// assert!(matches!(registry.reload_from_file(), Err(ReloadError::NoFile)));
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new configuration is wrong, or an exporter cannot be set up.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The registry was not built from a file.
    #[error("the registry was not built from a file")]
    NoFile,
    /// The registry was built from a file that code changed, so the file alone is not enough.
    #[error("the registry was built from a file that code had changed; use `Registry::reload` instead")]
    Altered,
    /// The registry was shut down.
    #[error("the registry was shut down")]
    ShutDown,
}

/// The error of a change to a registry that was shut down.
#[derive(Clone, Copy, Debug)]
pub(super) struct IsShutDown;

impl From<IsShutDown> for ReloadError {
    fn from(_: IsShutDown) -> Self {
        Self::ShutDown
    }
}

impl From<IsShutDown> for SwitchError {
    fn from(_: IsShutDown) -> Self {
        Self::ShutDown
    }
}

impl From<ConfigError> for ReloadError {
    fn from(error: ConfigError) -> Self {
        Self::Build(error.into())
    }
}

impl fmt::Debug for ReloadError {
    /// Writes the `Display` text, because a `main` that returns an error shows its `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => write!(f, "{error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}

/// An error of [`Registry::set_enabled`](crate::Registry::set_enabled) or
/// [`Registry::set_sample_rate`](crate::Registry::set_sample_rate).
///
/// ```
/// use multitracer::Registry;
/// use multitracer::error::SwitchError;
///
/// let registry = Registry::from_yaml("tracers: {production: {exporter: console}}")?;
/// let error = registry.set_sample_rate("production", 10.0).unwrap_err();
/// assert!(matches!(error, SwitchError::SampleRate(_)));
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Error)]
#[non_exhaustive]
pub enum SwitchError {
    /// The registry has no such tracer.
    #[error(transparent)]
    Unknown(#[from] UnknownTracerError),
    /// The sample rate is not from 0.0 to 1.0.
    #[error("the sample rate {0} is not within 0 to 1")]
    SampleRate(f64),
    /// The exporter of a disabled tracer could not be set up.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// `MULTITRACER_ENABLED=false` or `OTEL_SDK_DISABLED=true` is set.
    #[error("the environment disables tracing (`MULTITRACER_ENABLED`, `OTEL_SDK_DISABLED`)")]
    Environment,
    /// The registry was shut down.
    #[error("the registry was shut down")]
    ShutDown,
}

impl fmt::Debug for SwitchError {
    /// Writes the `Display` text, because a `main` that returns an error shows its `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => write!(f, "{error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}
