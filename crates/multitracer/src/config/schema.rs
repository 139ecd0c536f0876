//! What a file may say: sections, keys, types, ranges, defaults. The reader and the documentation use these tables.

/// A map with fixed keys.
pub(super) struct Section {
    /// What it is, as in "unknown key in a route".
    pub(super) title: &'static str,
    pub(super) keys: &'static [Key],
    /// Keys that belong to OpenTelemetry's schema or that people expect here, and what to do instead.
    pub(super) refused: &'static [(&'static str, &'static str)],
}

/// One key of a section.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// As shown to people; empty: none.
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
}

/// What a key's value is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Text that is never shown.
    Secret,
    Flag,
    /// A whole number within the bounds.
    Count(u64, u64),
    /// Milliseconds, from this many up.
    Millis(u64),
    /// A number from 0 to 1.
    Ratio,
    Choice(&'static [&'static str]),
    /// A map with fixed keys.
    Section(&'static Section),
    /// The same with exactly one key, which may stand alone.
    OneOf(&'static Section),
    /// A map from names to sections.
    Named(&'static Section),
    /// A list of sections.
    List(&'static Section),
    /// A list of such maps with exactly one key.
    ListOf(&'static Section),
    /// A map from names to values, or a list of `{name, value}` with these keys.
    Pairs(&'static Section),
}

/// The longest duration, 24 hours.
pub(super) const MOST_MILLIS: u64 = 86_400_000;

impl Section {
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Whether a key has this name, here or further down.
    pub(super) fn knows(&self, name: &str) -> bool {
        /// Samplers have samplers in them.
        const DEEPEST: usize = 6;
        fn knows(section: &Section, name: &str, depth: usize) -> bool {
            depth < DEEPEST
                && section.keys.iter().any(|key| {
                    key.name == name || key.kind.inner().is_some_and(|inner| knows(inner, name, depth + 1))
                })
        }
        knows(self, name, 0)
    }

    /// The keys as a message lists them.
    pub(super) fn names(&self) -> String {
        list(self.keys.iter().map(|key| key.name))
    }
}

impl Key {
    pub(super) const fn new(
        name: &'static str,
        kind: Kind,
        default: &'static str,
        doc: &'static str,
    ) -> Self {
        Self { name, kind, default, doc }
    }

    /// The help under a wrong value.
    pub(super) fn help(&self) -> String {
        let Self { name, default, doc, .. } = self;
        if default.is_empty() {
            format!("`{name}` is {doc}")
        } else {
            format!("`{name}` is {doc}; default {default}")
        }
    }
}

impl Kind {
    /// The section that describes what is inside.
    fn inner(&self) -> Option<&'static Section> {
        match *self {
            Self::Section(inner)
            | Self::OneOf(inner)
            | Self::Named(inner)
            | Self::List(inner)
            | Self::ListOf(inner)
            | Self::Pairs(inner) => Some(inner),
            Self::Text
            | Self::Secret
            | Self::Flag
            | Self::Count(..)
            | Self::Millis(_)
            | Self::Ratio
            | Self::Choice(_) => None,
        }
    }

    /// What a value must be, after "expected" or "is not".
    pub(super) fn expected(&self) -> String {
        match *self {
            Self::Text | Self::Secret => "text".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Count(min, max) => format!("a whole number from {min} to {max}"),
            Self::Millis(min) => format!("a whole number of milliseconds from {min} to {MOST_MILLIS}"),
            Self::Ratio => "a number from 0 to 1".to_owned(),
            Self::Choice([word]) => format!("`{word}`"),
            Self::Choice(words) => format!("one of {}", list(words.iter().copied())),
            Self::Section(_) | Self::Named(_) => "a map".to_owned(),
            Self::OneOf(section) => format!("exactly one of {}", section.names()),
            Self::List(_) => "a list".to_owned(),
            Self::ListOf(section) => format!("a list, each of them exactly one of {}", section.names()),
            Self::Pairs(_) => "a map, or a list of maps with `name` and `value`".to_owned(),
        }
    }
}

/// `` `a`, `b`, `c` ``
pub(super) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
