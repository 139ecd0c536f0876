//! A rule that a value breaks.

/// A broken rule, as the predicate of a sentence: "`<value>` `<predicate>`".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) predicate: String,
    pub(crate) help: Option<String>,
}

impl Violation {
    pub(crate) fn new(predicate: impl Into<String>) -> Self {
        Self { predicate: predicate.into(), help: None }
    }

    /// Adds the help to show under the message.
    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
