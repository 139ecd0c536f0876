//! A diagnostic about a model, with the path of the value.

use super::violation::Violation;
use crate::config::yaml::KeyPath;

/// A diagnostic about a model, which a file or code built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelDiagnostic {
    /// The code of a warning; `None` for an error.
    pub(crate) code: Option<&'static str>,
    pub(crate) path: KeyPath,
    /// Another path that the value may have in a file, for example that of a short form.
    pub(crate) other_path: Option<KeyPath>,
    pub(crate) subject: Subject,
    /// The message, or its part after the subject.
    pub(crate) text: String,
    pub(crate) help: Option<String>,
}

/// The subject of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// No subject; the text is a complete message.
    None,
    /// A value. In a file a variable may have given it; then the message names the variable.
    Value(String),
    /// A value that the message must not show.
    Hidden,
}

impl ModelDiagnostic {
    pub(crate) fn new(path: KeyPath, text: impl Into<String>) -> Self {
        Self { code: None, path, other_path: None, subject: Subject::None, text: text.into(), help: None }
    }

    /// Returns the diagnostic of a value that breaks a rule.
    pub(crate) fn violation(path: KeyPath, value: &str, violation: Violation) -> Self {
        let Violation { predicate, help } = violation;
        Self { subject: Subject::Value(value.to_owned()), help, ..Self::new(path, predicate) }
    }

    /// Returns the diagnostic of a secret value that breaks a rule.
    pub(crate) fn hidden_violation(path: KeyPath, violation: Violation) -> Self {
        let Violation { predicate, help } = violation;
        Self { subject: Subject::Hidden, help, ..Self::new(path, predicate) }
    }

    /// Adds the help to show under the message.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another path that the value may have in a file.
    #[must_use]
    pub(crate) fn with_other_path(mut self, path: KeyPath) -> Self {
        self.other_path = Some(path);
        self
    }

    /// Returns the message for a configuration that code builds.
    pub(crate) fn message(&self) -> String {
        match &self.subject {
            Subject::None => self.text.clone(),
            Subject::Value(value) => format!("`{}` {}", value.escape_debug(), self.text),
            Subject::Hidden => format!("the value {}", self.text),
        }
    }
}
