//! The items of a list and the entries of a map.

use std::collections::HashSet;

use super::cursor::Cursor;
use crate::config::secret::shown_key;
use crate::config::yaml::{NodeKind, Span};

/// One entry of a map.
pub(crate) struct MapEntry<'a> {
    pub(crate) key: &'a str,
    /// The place of the key, or the nearest known one.
    pub(crate) key_span: Option<Span>,
    pub(crate) value: Cursor<'a>,
}

impl<'a> Cursor<'a> {
    /// Returns the items of a list. A null is an empty list.
    pub(crate) fn items(&self) -> Vec<Self> {
        match &self.node.kind {
            NodeKind::Seq(nodes) => {
                let child = |(position, node)| self.child(node, self.path.index(position), None);
                nodes.iter().enumerate().map(child).collect()
            }
            _ if self.is_null() => Vec::new(),
            NodeKind::Map(_) => {
                self.report_mismatch("a list", Some("a list has `- ` before each item".to_owned()));
                Vec::new()
            }
            NodeKind::Scalar { .. } => {
                self.report_mismatch("a list", None);
                Vec::new()
            }
        }
    }

    /// Returns the entries of a map without duplicates, which it reports. A null is an empty map.
    pub(crate) fn entries(&self) -> Vec<MapEntry<'a>> {
        let entries = match &self.node.kind {
            NodeKind::Map(entries) => entries,
            _ if self.is_null() => return Vec::new(),
            NodeKind::Seq(_) => {
                self.report_mismatch(
                    "a map",
                    Some("a map has `key: value` in place of `- value`".to_owned()),
                );
                return Vec::new();
            }
            NodeKind::Scalar { .. } => {
                self.report_mismatch("a map", None);
                return Vec::new();
            }
        };
        let mut seen = HashSet::new();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = entry.key.as_ref();
            let key_span = entry.key_span.or(entry.value.span).or(self.span);
            if key == "<<" {
                let help = "put what tracers share into `defaults`";
                self.report_at(key_span, "merge keys (`<<`) are not supported", Some(help.to_owned()));
            } else if seen.insert(key) {
                let value = self.child(&entry.value, self.path.key(key), key_span);
                kept.push(MapEntry { key, key_span, value });
            } else {
                self.report_at(key_span, format!("duplicate key `{}`", shown_key(key)), None);
            }
        }
        kept
    }
}
