//! A map with fixed keys.

use super::collections::MapEntry;
use super::cursor::Cursor;
use crate::config::schema::{Section, is_secret_place};
use crate::config::secret::shown_key;
use crate::config::suggest;
use crate::config::yaml::NodeKind;

/// A map with the keys of a section.
pub(crate) struct Fields<'a> {
    pub(crate) section: &'static Section,
    pub(crate) at: Cursor<'a>,
    values: Vec<(&'a str, Cursor<'a>)>,
}

impl<'a> Fields<'a> {
    /// Returns a section without any key.
    pub(super) fn empty(section: &'static Section, at: &Cursor<'a>) -> Self {
        Self { section, at: at.clone(), values: Vec::new() }
    }

    /// Returns the value of a key, null included.
    pub(crate) fn get(&self, name: &str) -> Option<&Cursor<'a>> {
        self.values.iter().find(|(key, _)| *key == name).map(|(_, cursor)| cursor)
    }

    /// Returns the value of a key, unless it is null.
    pub(crate) fn given(&self, name: &str) -> Option<&Cursor<'a>> {
        self.get(name).filter(|cursor| !cursor.is_null())
    }

    /// Returns the value of a key two maps further down, as the file has it.
    pub(crate) fn get_nested(&self, [first, second, third]: [&str; 3]) -> Option<Cursor<'a>> {
        let entry = |cursor: &Cursor<'a>, name: &str| {
            let NodeKind::Map(entries) = &cursor.node.kind else { return None };
            let entry = entries.iter().find(|entry| entry.key == name)?;
            Some(cursor.child(&entry.value, cursor.path.key(name), entry.key_span))
        };
        entry(&entry(self.get(first)?, second)?, third)
    }
}

impl<'a> Cursor<'a> {
    /// Returns the fields of a section, and reports unknown keys.
    pub(crate) fn fields(&self, section: &'static Section) -> Fields<'a> {
        let mut values = Vec::new();
        for entry in self.entries() {
            if section.key(entry.key).is_some() {
                values.push((entry.key, entry.value));
            } else {
                self.report_unknown_key(section, &entry);
            }
        }
        Fields { section, at: self.clone(), values }
    }

    /// Reports a key that the section does not have.
    pub(super) fn report_unknown_key(&self, section: &'static Section, entry: &MapEntry<'_>) {
        let key = entry.key;
        let refused = section.refused.iter().find(|(name, _)| *name == key);
        let help = match refused {
            Some((_, instead)) => (*instead).to_owned(),
            // without the space, YAML reads `key:value` as one key
            None if key.split_once(':').is_some_and(|(key, _)| section.key(key).is_some()) => {
                "a space is missing after the colon".to_owned()
            }
            None if self.cx.is_full() => String::new(),
            None => match suggest::nearest(key, section.keys.iter().map(|key| key.name)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("{} takes {}", section.title, section.names()),
            },
        };
        // a stray comma makes a header `{value: , 'text'}`, so that the key is the secret
        let hidden = entry.value.is_null() && is_secret_place(&self.path);
        let key = if hidden { "…".to_owned() } else { shown_key(key) };
        let adjective = if refused.is_some() { "unsupported" } else { "unknown" };
        self.report_at(entry.key_span, format!("{adjective} key `{key}`"), Some(help));
    }
}
