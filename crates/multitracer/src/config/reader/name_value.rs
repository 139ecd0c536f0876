//! Names with values: a map, or OpenTelemetry's list of `{name, value}`.

use super::collections::MapEntry;
use super::cursor::Cursor;
use super::fields::Fields;
use crate::config::diagnostics::{Violation, subject};
use crate::config::schema::Kind;
use crate::config::secret::shown_key;
use crate::config::yaml::NodeKind;

/// One name with its value.
pub(crate) struct NameValue<'a> {
    pub(crate) name: String,
    /// The place of the name.
    pub(crate) at: Cursor<'a>,
    /// The value. `None` for an item of the list form without `value`.
    pub(crate) value: Option<Cursor<'a>>,
    /// The item of the list form, which may have more keys.
    pub(crate) fields: Option<Fields<'a>>,
}

impl<'a> Fields<'a> {
    /// Returns the names with their values, from either form.
    pub(crate) fn name_values(&self, name: &str) -> Vec<NameValue<'a>> {
        let (Some(key), Some(cursor)) = (self.section.key(name), self.get(name)) else { return Vec::new() };
        let Kind::NameValues(section) = key.kind else { return Vec::new() };
        match &cursor.node.kind {
            NodeKind::Map(_) => cursor.entries().into_iter().map(NameValue::from_entry).collect(),
            NodeKind::Seq(_) => {
                cursor.items().iter().filter_map(|item| NameValue::from_item(item.fields(section))).collect()
            }
            NodeKind::Scalar { .. } => {
                if !cursor.is_null() {
                    cursor.report_mismatch(&key.kind.expected(), Some(key.help()));
                }
                Vec::new()
            }
        }
    }
}

impl<'a> NameValue<'a> {
    /// Reports that the name breaks a rule.
    pub(crate) fn report_violation(&self, violation: Violation) {
        let name = match self.fields {
            Some(_) => subject(self.at.node, &self.at.path),
            None => format!("`{}`", shown_key(&self.name)),
        };
        self.at.report(format!("{name} {}", violation.predicate), violation.help);
    }

    /// Returns the place of the item in the list form, or the place of the name.
    pub(crate) fn place(&self) -> &Cursor<'a> {
        self.fields.as_ref().map_or(&self.at, |fields| &fields.at)
    }

    fn from_entry(entry: MapEntry<'a>) -> Self {
        let at = Cursor { span: entry.key_span, ..entry.value.clone() };
        Self { name: entry.key.to_owned(), at, value: Some(entry.value), fields: None }
    }

    fn from_item(fields: Fields<'a>) -> Option<Self> {
        let name = fields.required("name")?;
        let at = fields.get("name").unwrap_or(&fields.at).clone();
        let map_path = fields.at.path.list().map(|list| list.key(&*name));
        let value = fields.get("value").map(|value| Cursor { map_path, ..value.clone() });
        Some(Self { name, at, value, fields: Some(fields) })
    }
}
