//! The parts of a text that excerpts mask.

use crate::config::schema::{Section, is_secret, is_secret_place};
use crate::config::secret::{REDACTED, shown_len};
use crate::config::yaml::{Entry, KeyPath, Node, NodeKind, Segment, Span};

/// A part of the text to mask.
#[derive(Clone, Copy)]
pub(super) struct Mask {
    pub(super) span: Span,
    /// The text to show in its place.
    pub(super) shown: &'static str,
}

/// Returns the parts of a text to mask, in order. `keys` is the table of all keys.
pub(super) fn find_secrets(text: &str, keys: &'static Section, root: &Node<'_>) -> Vec<Mask> {
    let mut finder = SecretFinder { text, keys, masks: Vec::new(), position: 0, open: None };
    finder.visit(root, &KeyPath::root());
    finder.close(text.len());
    finder.mask_comments(text.len());
    finder.masks.sort_by_key(|mask| mask.span.start);
    finder.masks
}

/// A walk over the tree in the order of the text, which collects the secrets.
struct SecretFinder<'t> {
    text: &'t str,
    keys: &'static Section,
    masks: Vec<Mask>,
    /// The end of the last place.
    position: usize,
    /// The start of a secret whose own place is unknown. The mask ends at the next known place.
    open: Option<usize>,
}

impl SecretFinder<'_> {
    /// Ends an open secret.
    fn close(&mut self, at: usize) {
        if let Some(start) = self.open.take_if(|start| at > *start) {
            let hidden = self.text.get(start..at).unwrap_or("");
            self.mask(Span { start, end: start + hidden.trim_end().len() });
        }
    }

    fn mask(&mut self, span: Span) {
        self.masks.push(Mask { span, shown: REDACTED });
    }

    /// Removes the comments between the last place and `until`, because they may hold old keys.
    fn mask_comments(&mut self, until: usize) {
        let mut at = self.position;
        while let Some(gap) = self.text.get(at..until) {
            let Some(found) = gap.find('#') else { return };
            let start = at + found;
            let end = self
                .text
                .get(start..)
                .and_then(|rest| rest.find('\n'))
                .map_or(until, |length| start + length);
            self.masks.push(Mask { span: Span { start, end }, shown: "" });
            at = end.max(start + 1);
        }
    }

    /// Moves on to a known place.
    fn advance(&mut self, span: Span) {
        self.mask_comments(span.start);
        self.close(span.start);
        // the place of an alias is before the last place
        self.position = self.position.max(span.end);
    }

    fn visit(&mut self, node: &Node<'_>, path: &KeyPath) {
        match &node.kind {
            NodeKind::Scalar { text, .. } => {
                if let Some(span) = node.span {
                    self.advance(span);
                }
                if !text.is_empty() && is_secret(path, text) {
                    match node.span {
                        Some(span) => self.mask(span),
                        None => self.open = self.open.or(Some(self.position)),
                    }
                }
            }
            NodeKind::Seq(nodes) => {
                for (position, node) in nodes.iter().enumerate() {
                    self.visit(node, &path.index(position));
                }
            }
            NodeKind::Map(entries) => {
                for entry in entries {
                    match entry.key_span {
                        Some(span) => {
                            self.advance(span);
                            let shown = if self.is_stray(path, entry) { 0 } else { shown_len(&entry.key) };
                            let start = span.start + shown;
                            if start < span.end {
                                self.mask(Span { start, end: span.end });
                            }
                        }
                        None => self.open = self.open.or(Some(self.position)),
                    }
                    self.visit(&entry.value, &self.value_path(entries, entry, path));
                }
            }
        }
    }

    /// Returns `true` if a key is more likely a value: a stray comma makes a header `{value: ,
    /// 'text'}`.
    fn is_stray(&self, path: &KeyPath, entry: &Entry<'_>) -> bool {
        entry.value.is_null() && is_secret_place(path) && !self.keys.knows(&entry.key)
    }

    /// Returns the path of an entry's value. In a list of `{name, value}`, the value has the path
    /// that it has in a map, because the name decides if it is a secret.
    fn value_path(&self, entries: &[Entry<'_>], entry: &Entry<'_>, path: &KeyPath) -> KeyPath {
        let is_of_pairs = |list: &KeyPath| match list.segments().last() {
            Some(Segment::Key(key)) => self.keys.has_name_values(key),
            _ => false,
        };
        let name = entries.iter().find_map(|entry| match &entry.value.kind {
            NodeKind::Scalar { text, .. } if entry.key == "name" => Some(text),
            _ => None,
        });
        match (path.list().filter(is_of_pairs), name) {
            (Some(list), Some(name)) if entry.key == "value" => list.key(name.as_ref()),
            _ => path.key(entry.key.as_ref()),
        }
    }
}
