//! The public type of a diagnostic.

use std::fmt;

use super::excerpt::Excerpt;
use super::model_diagnostic::ModelDiagnostic;
use super::render::Rendered;
use super::source::{Position, Source};
use super::source_diagnostic::{MAX_DIAGNOSTICS, SourceDiagnostic};

/// An error or a warning about a configuration, with its place, its message and a suggestion.
///
/// A warning has a [code](Self::code), an error has none. No method shows a secret or the value of
/// a variable.
///
/// ```
/// use multitracer::config::Config;
///
/// let error = Config::from_yaml("tracers:\n  main: {porject: shop}\n").unwrap_err();
/// let diagnostic = &error.diagnostics()[0];
///
/// assert_eq!((diagnostic.line(), diagnostic.column()), (Some(2), Some(10)));
/// assert_eq!(diagnostic.path(), "tracers.main");
/// assert_eq!(diagnostic.message(), "unknown key `porject`");
/// assert_eq!(diagnostic.help(), Some("did you mean `project`?"));
/// assert_eq!(diagnostic.code(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub(super) code: Option<&'static str>,
    pub(super) path: String,
    pub(super) position: Option<Position>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) excerpt: Option<Excerpt>,
}

impl Diagnostic {
    /// Returns the code of a warning, such as `unused_tracer`, or `None` for an error.
    ///
    /// [`Config::warnings`](crate::config::Config::warnings) lists all codes.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// Returns the path of the value, such as `tracers.canary.exporter` or `routes[2].tracer`.
    ///
    /// The path is empty at the top of the file.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the line in the text, from 1, or `None` without a place in a text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.position.map(|position| position.line)
    }

    /// Returns the column in the text, from 1 and in characters, or `None` without a place in a
    /// text.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.position.map(|position| position.column)
    }

    /// Returns the source line, with secrets masked, cut to what fits a screen.
    ///
    /// Returns `None` if the line cannot be shown.
    #[must_use]
    pub fn source_line(&self) -> Option<&str> {
        self.excerpt.as_ref().map(|excerpt| &*excerpt.line)
    }

    /// Returns the message, which describes the error or the warning.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns a suggestion, if there is one.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Renders the diagnostic as [`ConfigError`](crate::config::ConfigError) does: place, message,
    /// source line and help.
    ///
    /// `source_name` is the name of the file. `colors` adds ANSI escape sequences for a terminal.
    ///
    /// ```
    /// use multitracer::config::Config;
    ///
    /// let config = Config::from_yaml("tracers: {main: {sample_rate: 0, exporter: console}}")?;
    /// let text = config.warnings()[0].render("config.yaml", false).to_string();
    /// assert!(text.starts_with("config.yaml:1:31: warning: tracers.main."), "{text}");
    /// # Ok::<(), multitracer::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn render<'d>(&'d self, source_name: &'d str, colors: bool) -> impl fmt::Display + 'd {
        Rendered { diagnostic: self, source_name, colors }
    }

    /// Returns the first diagnostics in the order of the file.
    pub(crate) fn in_order(source: &Source<'_>, mut diagnostics: Vec<SourceDiagnostic>) -> Vec<Self> {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.map_or(0, |span| span.start));
        diagnostics.truncate(MAX_DIAGNOSTICS);
        diagnostics.into_iter().map(|diagnostic| Self::in_source(source, diagnostic)).collect()
    }

    fn in_source(source: &Source<'_>, diagnostic: SourceDiagnostic) -> Self {
        Self {
            code: diagnostic.code,
            path: diagnostic.path.to_string(),
            position: diagnostic.span.map(|span| source.position(span.start)),
            message: diagnostic.message,
            help: diagnostic.help,
            excerpt: diagnostic.span.and_then(|span| source.excerpt(span)),
        }
    }

    /// Returns the error of a configuration that code builds.
    pub(super) fn in_code(diagnostic: ModelDiagnostic) -> Self {
        Self {
            code: diagnostic.code,
            path: diagnostic.path.to_string(),
            message: diagnostic.message(),
            help: diagnostic.help,
            ..Self::of_source(String::new())
        }
    }

    /// Returns an error about a source as a whole.
    pub(super) fn of_source(message: String) -> Self {
        Self { code: None, path: String::new(), position: None, message, help: None, excerpt: None }
    }
}
