//! Typed access to the keys of a section.

use std::time::Duration;

use super::cursor::Cursor;
use super::fields::Fields;
use super::hint::hint;
use super::scalar::Scalar;
use crate::config::diagnostics::Violation;
use crate::config::schema::{Key, Kind, MAX_MILLIS};
use crate::config::secret::Secret;
use crate::config::suggest;
use crate::config::yaml::core_schema;

/// A section under a name that the user chose.
pub(crate) struct NamedFields<'a> {
    pub(crate) name: &'a str,
    pub(crate) fields: Fields<'a>,
}

impl<'a> Fields<'a> {
    /// Returns the kind and the value of a key, if the map has it.
    pub(super) fn find(&self, name: &str) -> Option<(Kind, &Cursor<'a>)> {
        Some((self.section.key(name)?.kind, self.get(name)?))
    }

    /// Parses a scalar, and reports a value that `parse` refuses.
    fn read<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let key = self.section.key(name)?;
        let cursor = self.get(name)?;
        let text = cursor.text()?;
        let value = parse(&text);
        if value.is_none() {
            // a hint from a variable's value would show the value
            let hint = if cursor.is_literal() { hint(key.kind, &text) } else { None };
            let help = match key.kind {
                Kind::Choice(words) => match suggest::nearest(&text, words.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => key.help(),
                },
                _ => hint.unwrap_or_else(|| key.help()),
            };
            let violation = Violation::new(format!("is not {}", key.kind.expected()));
            cursor.report_violation(violation.with_help(help));
        }
        value
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.read(name, |text| Some(text.to_owned()))
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.read(name, core_schema::parse_bool)
    }

    /// Returns a whole number within the bounds of the section, as the type in the model.
    pub(crate) fn count<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        let (min, max) = match self.section.key(name)?.kind {
            Kind::Count(min, max) => (min, max),
            Kind::Millis(min) => (min, MAX_MILLIS),
            _ => return None,
        };
        self.read(name, |text| {
            let number = u64::try_from(core_schema::parse_int(text)?).ok()?;
            (min..=max).contains(&number).then(|| T::try_from(number).ok())?
        })
    }

    pub(crate) fn millis(&self, name: &str) -> Option<Duration> {
        self.count(name).map(Duration::from_millis)
    }

    pub(crate) fn ratio(&self, name: &str) -> Option<f64> {
        self.read(name, |text| core_schema::parse_float(text).filter(|ratio| (0.0..=1.0).contains(ratio)))
    }

    /// Returns the element of `values` at the position of the word among the key's choices.
    pub(crate) fn one_word_of<T: Copy>(&self, name: &str, values: &[T]) -> Option<T> {
        let Kind::Choice(words) = self.section.key(name)?.kind else { return None };
        self.read(name, |text| {
            let position = words.iter().position(|word| *word == text)?;
            values.get(position).copied()
        })
    }

    /// Returns a map with fixed keys of its own. A null is an empty map.
    pub(crate) fn section(&self, name: &str) -> Option<Self> {
        match self.find(name)? {
            (Kind::Section(section), cursor) => Some(cursor.fields(section)),
            _ => None,
        }
    }

    /// Returns the entries of a map from names to sections.
    pub(crate) fn named(&self, name: &str) -> Vec<NamedFields<'a>> {
        let Some((Kind::Named(section), cursor)) = self.find(name) else { return Vec::new() };
        let entries = cursor.entries().into_iter();
        entries.map(|entry| NamedFields { name: entry.key, fields: entry.value.fields(section) }).collect()
    }

    /// Returns the items of a list of sections.
    pub(crate) fn list(&self, name: &str) -> Vec<Self> {
        match self.find(name) {
            Some((Kind::List(section), cursor)) => {
                cursor.items().iter().map(|cursor| cursor.fields(section)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns a text that the map must have, or reports that it is missing.
    pub(crate) fn required(&self, name: &str) -> Option<String> {
        match self.get(name).map(Cursor::scalar) {
            Some(Scalar::Text { text, .. }) => Some(text),
            Some(Scalar::Unusable) => None,
            Some(Scalar::Null) | None => {
                let help = self.section.key(name).map(Key::help);
                self.at.report_missing(name, help);
                None
            }
        }
    }
}
