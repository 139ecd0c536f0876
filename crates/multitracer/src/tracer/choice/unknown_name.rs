//! The error about an unknown tracer, and the text that lists the known names.

use std::fmt;

use thiserror::Error;

use crate::config::suggest;
use crate::text::Escaped;

/// A name that no tracer of the registry has.
///
/// Comes from [`Registry::tracer`](crate::Registry::tracer). Its text lists the names that exist
/// and suggests the closest one.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(canary).build()?;
/// let error = registry.tracer("canry").unwrap_err();
/// assert_eq!(error.name(), "canry");
/// assert_eq!(
///     error.to_string(),
///     "no tracer is named `canry`; did you mean `canary`? (there are: canary)",
/// );
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("no tracer is named `{}`{}", Escaped(.name), KnownNames(.name, .known))]
pub struct UnknownTracerError {
    name: String,
    known: Vec<String>,
}

impl UnknownTracerError {
    pub(crate) fn new<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self { name: name.to_owned(), known: known.map(str::to_owned).collect() }
    }

    /// Returns the unknown name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The end of a message about an unknown name: a suggestion, and the names that exist.
pub(crate) struct KnownNames<'a>(pub(crate) &'a str, pub(crate) &'a [String]);

/// The largest number of names that a message lists.
const LISTED: usize = 20;

impl fmt::Display for KnownNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(wanted, known) = self;
        if known.is_empty() {
            return f.write_str("; there are none");
        }
        let closest = suggest::nearest(wanted, known.iter().map(String::as_str));
        match closest {
            Some(closest) => write!(f, "; did you mean `{closest}`? (there are: ")?,
            None => f.write_str("; there are: ")?,
        }
        f.write_str(&known[..known.len().min(LISTED)].join(", "))?;
        if let Some(more) = known.len().checked_sub(LISTED).filter(|&more| more > 0) {
            write!(f, " and {more} more")?;
        }
        f.write_str(if closest.is_some() { ")" } else { "" })
    }
}
