//! What can go wrong while a registry is built or asked.

use std::fmt;
use std::io;

use thiserror::Error;

use crate::config::ConfigError;
use crate::tracer::UnknownTracerError;

/// Why a registry could not be built or installed.
#[derive(Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration is wrong; every problem is listed, with its place.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A tracer's exporter could not be set up.
    #[error("tracer `{tracer}`: {reason}")]
    #[non_exhaustive]
    Exporter {
        /// The tracer's name.
        tracer: String,
        /// What is wrong; holds no credential.
        reason: String,
    },
    /// The export thread could not be started.
    #[error("cannot start the export runtime")]
    Runtime(#[source] io::Error),
    /// A registry is installed already; there can be one for the process.
    #[error("a registry is installed already; enter this one with `Registry::scope` instead")]
    AlreadyInstalled,
}

impl fmt::Debug for BuildError {
    /// As `Display`, with the causes: a `main` that returns an error shows it by `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self {
            Self::Runtime(cause) => write!(f, ": {cause}"),
            _ => Ok(()),
        }
    }
}

/// Why a registry was not reloaded. Nothing has changed then.
#[derive(Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new configuration is wrong, or an exporter cannot be set up.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The registry was not built from a file.
    #[error("the registry was not built from a file")]
    NoFile,
    /// The registry was built from a file and from code, and the file alone would not give the same.
    #[error("the registry was built from a file that code had changed; use `Registry::reload` instead")]
    Altered,
    /// The registry was shut down.
    #[error("the registry was shut down")]
    ShutDown,
}

impl From<ConfigError> for ReloadError {
    fn from(error: ConfigError) -> Self {
        Self::Build(error.into())
    }
}

impl fmt::Debug for ReloadError {
    /// As `Display`: a `main` that returns an error shows it by `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => write!(f, "{error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}

/// Why a switch of a tracer was not turned.
#[derive(Error)]
#[non_exhaustive]
pub enum SwitchError {
    /// The registry has no such tracer.
    #[error(transparent)]
    Unknown(#[from] UnknownTracerError),
    /// A share of the traces is a number from 0 to 1.
    #[error("the sample rate {0} is not within 0 to 1")]
    SampleRate(f64),
    /// The exporter of a tracer that was off cannot be set up.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// `MULTITRACER_ENABLED=false` or `OTEL_SDK_DISABLED=true` is set.
    #[error("the environment switches tracing off (`MULTITRACER_ENABLED`, `OTEL_SDK_DISABLED`)")]
    Environment,
    /// The registry was shut down.
    #[error("the registry was shut down")]
    ShutDown,
}

impl fmt::Debug for SwitchError {
    /// As `Display`: a `main` that returns an error shows it by `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => write!(f, "{error:?}"),
            _ => write!(f, "{self}"),
        }
    }
}
