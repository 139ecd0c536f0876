//! Maps with exactly one key, which may stand alone as a word.

use super::collections::MapEntry;
use super::cursor::Cursor;
use super::fields::Fields;
use crate::config::diagnostics::Violation;
use crate::config::schema::{Kind, Section};
use crate::config::suggest;
use crate::config::yaml::NodeKind;

/// The one key of a map, and the section under it.
pub(crate) struct OneOf<'a> {
    pub(crate) key: &'static str,
    pub(crate) fields: Fields<'a>,
}

impl<'a> Fields<'a> {
    /// Returns the one key of a map, or the key that stands alone as a word.
    pub(crate) fn one_of(&self, name: &str) -> Option<OneOf<'a>> {
        match self.find(name)? {
            (Kind::OneOf(_), cursor) if cursor.is_null() => None,
            (Kind::OneOf(section), cursor) => cursor.one_of(section),
            _ => None,
        }
    }

    /// Returns the items of a list of maps with one key each.
    pub(crate) fn list_of(&self, name: &str) -> Option<Vec<OneOf<'a>>> {
        match self.find(name)? {
            (Kind::ListOf(_), cursor) if cursor.is_null() => None,
            (Kind::ListOf(section), cursor) => {
                Some(cursor.items().iter().filter_map(|cursor| cursor.one_of(section)).collect())
            }
            _ => None,
        }
    }
}

impl<'a> Cursor<'a> {
    /// Reads `word`, `word:` or `{word: ..}`.
    fn one_of(&self, section: &'static Section) -> Option<OneOf<'a>> {
        let kind = Kind::OneOf(section);
        match self.node.kind {
            NodeKind::Scalar { .. } => self.one_word(section),
            NodeKind::Map(_) => self.one_entry(section),
            NodeKind::Seq(_) => {
                self.report_mismatch(&kind.expected(), None);
                None
            }
        }
    }

    fn one_word(&self, section: &'static Section) -> Option<OneOf<'a>> {
        let word = self.text()?;
        let Some(key) = section.key(&word) else {
            let expected = Kind::OneOf(section).expected().replace("exactly ", "");
            let violation = Violation::new(format!("is not {expected}"));
            let meant = suggest::nearest(&word, section.keys.iter().map(|key| key.name));
            self.report_violation(match meant {
                Some(meant) => violation.with_help(format!("did you mean `{meant}`?")),
                None => violation,
            });
            return None;
        };
        let Kind::Section(inner) = key.kind else { return None };
        Some(OneOf { key: key.name, fields: Fields::empty(inner, self) })
    }

    fn one_entry(&self, section: &'static Section) -> Option<OneOf<'a>> {
        let entries = self.entries();
        let count = entries.len();
        let known = |entry: MapEntry<'a>| match section.key(entry.key) {
            Some(key) => Some((key, entry.value)),
            None => {
                self.report_unknown_key(section, &entry);
                None
            }
        };
        let mut known: Vec<_> = entries.into_iter().filter_map(known).collect();
        match (count, known.len()) {
            (1, 1) => {
                let (key, value) = known.pop()?;
                let Kind::Section(inner) = key.kind else { return None };
                Some(OneOf { key: key.name, fields: value.fields(inner) })
            }
            (0 | 2.., _) => {
                self.report_not_one(section, known.iter().map(|(key, _)| key.name).collect());
                None
            }
            _ => None,
        }
    }

    /// Reports that a map has no known key, or more than one.
    fn report_not_one(&self, section: &'static Section, found: Vec<&str>) {
        let expected = Kind::OneOf(section).expected();
        match found.as_slice() {
            [] => self.report(format!("expected {expected}"), None),
            [_] => {}
            _ => self.report(format!("expected {expected}, found {}", suggest::quoted(found)), None),
        }
    }
}
