//! The errors of an invalid configuration.

use std::fmt;
use std::io;

use super::diagnostic::Diagnostic;
use super::model_diagnostic::ModelDiagnostic;
use super::source::Source;
use super::source_diagnostic::{MAX_DIAGNOSTICS, SourceDiagnostic};

/// The errors of an invalid configuration: all errors that one load finds.
///
/// `Display` shows each error with its place, its source line, and a suggestion if there is
/// one:
///
/// ```
/// use multitracer::config::Config;
///
/// let error = Config::from_yaml("tracers:\n  main: {porject: shop}\n").unwrap_err();
///
/// assert_eq!(error.to_string(), "\
/// <string>:2:10: tracers.main: unknown key `porject`
///   2 |   main: {porject: shop}
///     |          ^^^^^^^
///     = help: did you mean `project`?");
/// ```
///
/// Neither `Display` nor `Debug` shows a secret or the value of a variable.
pub struct ConfigError(Box<Inner>);

struct Inner {
    source_name: String,
    diagnostics: Vec<Diagnostic>,
    omitted: usize,
    io: Option<io::Error>,
}

impl ConfigError {
    /// Returns the path of the file, `<string>` for YAML text, or `<code>` for a configuration
    /// built in code.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.0.source_name
    }

    /// Returns the errors in the order of the file: at least one, at most the first hundred.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.diagnostics
    }

    /// Returns the number of errors that [`diagnostics`](Self::diagnostics) omits.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.0.omitted
    }

    /// Returns the error of a text. `omitted` counts the errors that the reader found and did not
    /// keep.
    pub(crate) fn in_source(source: &Source<'_>, diagnostics: Vec<SourceDiagnostic>, omitted: usize) -> Self {
        let omitted = omitted + diagnostics.len().saturating_sub(MAX_DIAGNOSTICS);
        let diagnostics = Diagnostic::in_order(source, diagnostics);
        Self(Box::new(Inner { source_name: source.name.clone(), diagnostics, omitted, io: None }))
    }

    /// Returns the error of a file that cannot be read as text.
    pub(crate) fn unreadable(source_name: &str, message: String, io: Option<io::Error>) -> Self {
        let source_name = source_name.to_owned();
        let diagnostics = vec![Diagnostic::of_source(message)];
        Self(Box::new(Inner { source_name, diagnostics, omitted: 0, io }))
    }

    /// Returns the error of a configuration that code builds.
    pub(crate) fn in_code(diagnostics: Vec<ModelDiagnostic>) -> Self {
        let source_name = "<code>".to_owned();
        let diagnostics = diagnostics.into_iter().map(Diagnostic::in_code).collect();
        Self(Box::new(Inner { source_name, diagnostics, omitted: 0, io: None }))
    }
}

impl fmt::Debug for ConfigError {
    /// Shows the same as `Display`, because a `main` that returns an error shows it by `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.0.diagnostics.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(&diagnostic.render(&self.0.source_name, false), f)?;
        }
        match self.0.omitted {
            0 => Ok(()),
            omitted => write!(f, "\n{}: and {omitted} more", self.0.source_name),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.io.as_ref().map(|error| error as _)
    }
}
