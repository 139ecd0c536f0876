//! Names with values: a map, or OpenTelemetry's list of `{name, value}`.

use super::decode::{Cursor, Fields, subject};
use super::path::shown_key;
use super::rules::Breach;
use super::schema::Kind;
use super::yaml::{NodeKind, Span};

/// One name and what belongs to it.
pub(super) struct Pair<'a> {
    pub(super) name: String,
    /// Where the name is; its path is the pair's.
    pub(super) at: Cursor<'a>,
    /// `None`: the list form without `value`.
    pub(super) value: Option<Cursor<'a>>,
    /// The list form, which may have more keys.
    pub(super) fields: Option<Fields<'a>>,
}

impl<'a> Fields<'a> {
    pub(super) fn pairs(&self, name: &str) -> Vec<Pair<'a>> {
        let (Some(key), Some(cursor)) = (self.section.key(name), self.get(name)) else { return Vec::new() };
        let Kind::Pairs(section) = key.kind else { return Vec::new() };
        match &cursor.node.kind {
            NodeKind::Map(_) => cursor.entries().into_iter().map(Pair::from_entry).collect(),
            NodeKind::Seq(_) => {
                let pair = |item: &Cursor<'a>| {
                    let fields = item.fields(section);
                    let name = fields.required("name")?;
                    let at = fields.get("name").unwrap_or(item).clone();
                    Some(Pair { name, at, value: fields.get("value").cloned(), fields: Some(fields) })
                };
                cursor.items().iter().filter_map(pair).collect()
            }
            NodeKind::Scalar { .. } => {
                if !cursor.is_null() {
                    cursor.expected(&key.kind.expected(), Some(key.help()));
                }
                Vec::new()
            }
        }
    }
}

impl<'a> Pair<'a> {
    /// Reports that the name breaks a rule.
    pub(super) fn breach(&self, breach: Breach) {
        let name = match self.fields {
            Some(_) => subject(self.at.node, &self.at.path),
            None => format!("`{}`", shown_key(&self.name)),
        };
        self.at.problem(format!("{name} {}", breach.predicate), breach.help);
    }

    /// The list form's own place, else the name's.
    pub(super) fn place(&self) -> &Cursor<'a> {
        self.fields.as_ref().map_or(&self.at, |fields| &fields.at)
    }

    fn from_entry((name, span, value): (&'a str, Option<Span>, Cursor<'a>)) -> Self {
        let mut at = value.clone();
        at.span = span;
        Self { name: name.to_owned(), at, value: Some(value), fields: None }
    }
}
