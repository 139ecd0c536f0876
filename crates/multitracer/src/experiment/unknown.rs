//! The error about an experiment that does not exist.

use thiserror::Error;

use crate::text::Escaped;
use crate::tracer::KnownNames;

/// A name that no experiment of the registry has.
///
/// Comes from [`Registry::experiment`](crate::Registry::experiment). Its text lists the names that
/// exist and suggests the closest one.
///
/// ```
/// # use multitracer::Registry;
/// # let registry = Registry::from_yaml("tracers: {canary: {exporter: {console: {}}}}")?;
/// let error = registry.experiment("tone").unwrap_err();
/// assert_eq!(error.to_string(), "no experiment is named `tone`; there are none");
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("no experiment is named `{}`{}", Escaped(.name), KnownNames(.name, .known))]
pub struct UnknownExperimentError {
    name: String,
    known: Vec<String>,
}

impl UnknownExperimentError {
    pub(crate) fn new<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self { name: name.to_owned(), known: known.map(str::to_owned).collect() }
    }

    /// Returns the unknown name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
