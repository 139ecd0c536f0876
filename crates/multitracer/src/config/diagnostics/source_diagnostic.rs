//! A diagnostic about a text, with the place of the value.

use crate::config::yaml::{KeyPath, Span};

/// A diagnostic about a text, before its place becomes a line and a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceDiagnostic {
    /// The code of a warning; `None` for an error.
    pub(crate) code: Option<&'static str>,
    pub(crate) path: KeyPath,
    /// The place in the text, if there is one.
    pub(crate) span: Option<Span>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl SourceDiagnostic {
    /// Returns an error at the top of the file, without help.
    pub(crate) fn at_root(span: Option<Span>, message: impl Into<String>) -> Self {
        Self { code: None, path: KeyPath::root(), span, message: message.into(), help: None }
    }
}

/// The most diagnostics that one load shows; a hostile file may have one in every line.
pub(crate) const MAX_DIAGNOSTICS: usize = 100;
