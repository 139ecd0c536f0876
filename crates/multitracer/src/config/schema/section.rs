//! The types of the tables: sections, keys, and the kinds of values.

use crate::config::suggest;

/// A map with fixed keys.
pub(crate) struct Section {
    /// The name in messages, with its article: "a route".
    pub(crate) title: &'static str,
    pub(crate) keys: &'static [Key],
    /// Keys that people expect here but that do not exist, each with advice.
    pub(crate) refused: &'static [(&'static str, &'static str)],
}

/// One key of a section.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The default for people to read; empty for none.
    pub(crate) default: &'static str,
    /// The description: a noun that completes "`<name>` is".
    pub(crate) doc: &'static str,
}

/// The kind of a key's value.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// Text that is never shown.
    Secret,
    Flag,
    /// A whole number, with its least and its greatest value.
    Count(u64, u64),
    /// A number of milliseconds, with its least value.
    Millis(u64),
    /// A number from 0 to 1.
    Ratio,
    Choice(&'static [&'static str]),
    /// A map with fixed keys.
    Section(&'static Section),
    /// A map with exactly one of the keys, which may stand alone as a word.
    OneOf(&'static Section),
    /// A map from names to sections.
    Named(&'static Section),
    /// A list of sections.
    List(&'static Section),
    /// A list of maps with exactly one of the keys.
    ListOf(&'static Section),
    /// A map from names to values, or a list of `{name, value}` with the keys of the section.
    NameValues(&'static Section),
}

/// The longest duration in milliseconds, 24 hours.
pub(crate) const MAX_MILLIS: u64 = 86_400_000;

/// A section without keys.
pub(crate) static EMPTY: Section = Section { title: "it", keys: &[], refused: &[] };

impl Section {
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Returns `true` if a key here or further down has this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.any_key(&|key| key.name == name, 0)
    }

    /// Returns `true` if a key here or further down has this name, and its values are names with
    /// values.
    pub(crate) fn has_name_values(&self, name: &str) -> bool {
        self.any_key(&|key| key.name == name && matches!(key.kind, Kind::NameValues(_)), 0)
    }

    /// Returns `true` if a key here or further down has this name, and its values are numbers,
    /// flags or known words.
    pub(super) fn has_word_key(&self, name: &str) -> bool {
        self.any_key(&|key| key.name == name && key.kind.is_word(), 0)
    }

    /// Returns `true` if this is a word that a key here or further down takes.
    pub(super) fn has_word(&self, text: &str) -> bool {
        self.any_key(&|key| key.kind.takes_word(text), 0)
    }

    fn any_key(&self, is_wanted: &dyn Fn(&Key) -> bool, depth: usize) -> bool {
        // samplers contain samplers, so the depth has a limit
        const MAX_DEPTH: usize = 6;
        let inside = |key: &Key| key.kind.inner().is_some_and(|inner| inner.any_key(is_wanted, depth + 1));
        depth < MAX_DEPTH && self.keys.iter().any(|key| is_wanted(key) || inside(key))
    }

    /// Returns the names of the keys for a message.
    pub(crate) fn names(&self) -> String {
        suggest::quoted(self.keys.iter().map(|key| key.name))
    }
}

impl Key {
    pub(crate) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { name, kind, default, doc }
    }

    /// Returns the help under a wrong value.
    pub(crate) fn help(&self) -> String {
        let Self { name, default, doc, .. } = self;
        if default.is_empty() {
            format!("`{name}` is {doc}")
        } else {
            format!("`{name}` is {doc}; default {default}")
        }
    }
}

impl Kind {
    /// Returns `true` for the kinds of values that are numbers, flags or known words.
    fn is_word(&self) -> bool {
        matches!(self, Self::Flag | Self::Count(..) | Self::Millis(_) | Self::Ratio | Self::Choice(_))
    }

    /// Returns `true` if this is one of the known words.
    fn takes_word(&self, text: &str) -> bool {
        match self {
            Self::Choice(words) => words.contains(&text),
            Self::OneOf(section) | Self::ListOf(section) => section.key(text).is_some(),
            _ => false,
        }
    }

    /// Returns the section of the values inside.
    fn inner(&self) -> Option<&'static Section> {
        match *self {
            Self::Section(inner)
            | Self::OneOf(inner)
            | Self::Named(inner)
            | Self::List(inner)
            | Self::ListOf(inner)
            | Self::NameValues(inner) => Some(inner),
            Self::Text
            | Self::Secret
            | Self::Flag
            | Self::Count(..)
            | Self::Millis(_)
            | Self::Ratio
            | Self::Choice(_) => None,
        }
    }

    /// Returns the form of a valid value, for a message after "expected" or "is not".
    pub(crate) fn expected(&self) -> String {
        match *self {
            Self::Text | Self::Secret => "text".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Count(min, max) => format!("a whole number from {min} to {max}"),
            Self::Millis(min) => format!("a whole number of milliseconds from {min} to {MAX_MILLIS}"),
            Self::Ratio => "a number from 0 to 1".to_owned(),
            Self::Choice([word]) => format!("`{word}`"),
            Self::Choice(words) => format!("one of {}", suggest::quoted(words.iter().copied())),
            Self::Section(_) | Self::Named(_) => "a map".to_owned(),
            Self::OneOf(section) => format!("exactly one of {}", section.names()),
            Self::List(_) => "a list".to_owned(),
            Self::ListOf(section) => format!("a list, each of them exactly one of {}", section.names()),
            Self::NameValues(_) => "a map, or a list of maps with `name` and `value`".to_owned(),
        }
    }
}
