//! Typed access to the keys of a section.

use std::time::Duration;

use super::core_schema;
use super::decode::{Cursor, Fields, Scalar};
use super::rules::Breach;
use super::schema::{self, Key, Kind, MOST_MILLIS, Section};
use super::secret::Secret;
use super::suggest;
use super::yaml::NodeKind;

impl<'a> Fields<'a> {
    /// The key's kind and its value, if it is there.
    fn find(&self, name: &str) -> Option<(Kind, &Cursor<'a>)> {
        Some((self.section.key(name)?.kind, self.get(name)?))
    }

    /// Reads a scalar; reports what `parse` does not take.
    fn read<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let key = self.section.key(name)?;
        let cursor = self.get(name)?;
        let text = cursor.text()?;
        let value = parse(&text);
        if value.is_none() {
            let mut breach = Breach::new(format!("is not {}", key.kind.expected()));
            // A hint made of a variable's value would show it.
            let hint = if cursor.is_literal() { suggest::hint(key.kind, &text) } else { None };
            breach.help = Some(match key.kind {
                Kind::Choice(words) => match suggest::nearest(&text, words.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => key.help(),
                },
                _ => hint.unwrap_or_else(|| key.help()),
            });
            cursor.breach(breach);
        }
        value
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.read(name, |text| Some(text.to_owned()))
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name, core_schema::parse_bool)
    }

    /// A whole number within the bounds that the section sets, as the type that the model has.
    pub(super) fn count<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        let (min, max) = match self.section.key(name)?.kind {
            Kind::Count(min, max) => (min, max),
            Kind::Millis(min) => (min, MOST_MILLIS),
            _ => return None,
        };
        self.read(name, |text| {
            let number = u64::try_from(core_schema::parse_int(text)?).ok()?;
            (min..=max).contains(&number).then(|| T::try_from(number).ok())?
        })
    }

    pub(super) fn millis(&self, name: &str) -> Option<Duration> {
        self.count(name).map(Duration::from_millis)
    }

    pub(super) fn ratio(&self, name: &str) -> Option<f64> {
        self.read(name, |text| core_schema::parse_float(text).filter(|ratio| (0.0..=1.0).contains(ratio)))
    }

    /// The position of the word among the key's choices.
    pub(super) fn choice<T: Copy>(&self, name: &str, values: &[T]) -> Option<T> {
        let Kind::Choice(words) = self.section.key(name)?.kind else { return None };
        self.read(name, |text| {
            let position = words.iter().position(|word| *word == text)?;
            values.get(position).copied()
        })
    }

    /// A map with fixed keys of its own; a null is an empty one.
    pub(super) fn section(&self, name: &str) -> Option<Self> {
        match self.find(name)? {
            (Kind::Section(section), cursor) => Some(cursor.fields(section)),
            _ => None,
        }
    }

    /// The one key of a map, or the key that stands alone as a word.
    pub(super) fn one_of(&self, name: &str) -> Option<(&'static str, Self)> {
        match self.find(name)? {
            (Kind::OneOf(_), cursor) if cursor.is_null() => None,
            (Kind::OneOf(section), cursor) => cursor.one_of(section),
            _ => None,
        }
    }

    /// The entries of a map from names to sections.
    pub(super) fn named(&self, name: &str) -> Vec<(&'a str, Cursor<'a>, Self)> {
        match self.find(name) {
            Some((Kind::Named(section), cursor)) => {
                let read = |(name, _, cursor): (_, _, Cursor<'a>)| {
                    let fields = cursor.fields(section);
                    (name, cursor, fields)
                };
                cursor.entries().into_iter().map(read).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The items of a list of sections.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        match self.find(name) {
            Some((Kind::List(section), cursor)) => {
                cursor.items().iter().map(|cursor| cursor.fields(section)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The items of a list of maps with one key each.
    pub(super) fn list_of(&self, name: &str) -> Option<Vec<(&'static str, Self)>> {
        match self.find(name)? {
            (Kind::ListOf(_), cursor) if cursor.is_null() => None,
            (Kind::ListOf(section), cursor) => {
                Some(cursor.items().iter().filter_map(|cursor| cursor.one_of(section)).collect())
            }
            _ => None,
        }
    }

    /// Text that must be there and not be null.
    pub(super) fn required(&self, name: &str) -> Option<String> {
        match self.get(name).map(Cursor::scalar) {
            Some(Scalar::Text { text, .. }) => Some(text),
            Some(Scalar::Unusable) => None,
            Some(Scalar::Null) | None => {
                let help = self.section.key(name).map(Key::help);
                self.at.missing(name, help);
                None
            }
        }
    }
}

impl<'a> Cursor<'a> {
    /// `word`, `word:`, `{word: ..}`: the word and what is under it.
    fn one_of(&self, section: &'static Section) -> Option<(&'static str, Fields<'a>)> {
        let kind = Kind::OneOf(section);
        if let NodeKind::Scalar { .. } = self.node.kind {
            let word = self.text()?;
            let Some(key) = section.key(&word) else {
                let breach = Breach::new(format!("is not {}", kind.expected().replace("exactly ", "")));
                let meant = suggest::nearest(&word, section.keys.iter().map(|key| key.name));
                self.breach(match meant {
                    Some(meant) => breach.help(format!("did you mean `{meant}`?")),
                    None => breach,
                });
                return None;
            };
            let Kind::Section(inner) = key.kind else { return None };
            return Some((key.name, Fields::absent(inner, self)));
        }
        if !matches!(self.node.kind, NodeKind::Map(_)) {
            self.expected(&kind.expected(), None);
            return None;
        }
        let entries = self.entries();
        let known = |(key, span, cursor): (&'a str, _, Cursor<'a>)| match section.key(key) {
            Some(key) => Some((key, cursor)),
            None => {
                self.unknown_key(section, key, span, cursor.node);
                None
            }
        };
        let count = entries.len();
        let mut known: Vec<_> = entries.into_iter().filter_map(known).collect();
        match (count, known.len()) {
            (1, 1) => {
                let (key, cursor) = known.pop()?;
                let Kind::Section(inner) = key.kind else { return None };
                Some((key.name, cursor.fields(inner)))
            }
            (0 | 2.., _) => {
                self.expected_one(&kind, known.iter().map(|(key, _)| key.name).collect());
                None
            }
            _ => None,
        }
    }

    fn expected_one(&self, kind: &Kind, found: Vec<&str>) {
        match found.as_slice() {
            [] => self.problem(format!("expected {}", kind.expected()), None),
            [_] => {}
            _ => {
                let found = schema::list(found);
                self.problem(format!("expected {}, found {found}", kind.expected()), None);
            }
        }
    }
}
