//! The nodes of a YAML tree: raw text, quoting, order, duplicates and places, as the file has them.

use std::borrow::Cow;

use super::core_schema;
use super::path::{KeyPath, Segment};

/// A range of bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// One value of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node<'t> {
    pub(crate) kind: NodeKind<'t>,
    /// The place in the text. `None` if the file has the text in another form (escapes, several
    /// lines).
    pub(crate) span: Option<Span>,
}

/// The kind of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeKind<'t> {
    Scalar {
        text: Cow<'t, str>,
        /// `true` if the scalar is neither quoted nor a block, so that the core schema types it.
        plain: bool,
    },
    Seq(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// One `key: value` of a map, in the order of the file, duplicates included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Option<Span>,
    pub(crate) value: Node<'t>,
}

/// A node that a path leads to.
pub(crate) struct Found<'n, 't> {
    pub(crate) node: &'n Node<'t>,
    /// The place to show for it: its own, or the nearest known one.
    pub(crate) span: Option<Span>,
}

impl<'t> Node<'t> {
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, plain: true } if core_schema::is_null(text))
    }

    /// Returns `true` if the value, or a value under it, refers to a variable.
    pub(crate) fn has_reference(&self) -> bool {
        match &self.kind {
            NodeKind::Scalar { text, .. } => text.contains("${"),
            NodeKind::Seq(nodes) => nodes.iter().any(Node::has_reference),
            NodeKind::Map(entries) => entries.iter().any(|entry| entry.value.has_reference()),
        }
    }

    /// Returns the value at a path under this node.
    pub(crate) fn find(&self, path: &KeyPath) -> Option<Found<'_, 't>> {
        self.find_segments(path.segments())
    }

    /// Returns the place of the innermost value above `path` that the file has.
    pub(crate) fn nearest_span(&self, path: &KeyPath) -> Option<Span> {
        let segments = path.segments();
        (0..segments.len()).rev().find_map(|length| self.find_segments(segments.get(..length)?)?.span)
    }

    fn find_segments(&self, segments: &[Segment]) -> Option<Found<'_, 't>> {
        let mut node = self;
        let mut span = self.span;
        for segment in segments {
            match (segment, &node.kind) {
                (Segment::Key(key), NodeKind::Map(entries)) => {
                    let entry = entries.iter().find(|entry| entry.key == key.as_str())?;
                    node = &entry.value;
                    span = match node.kind {
                        NodeKind::Scalar { .. } => entry.value_span(),
                        NodeKind::Seq(_) | NodeKind::Map(_) => entry.key_span.or(node.span),
                    }
                    .or(span);
                }
                (Segment::Index(index), NodeKind::Seq(nodes)) => {
                    node = nodes.get(*index)?;
                    span = node.span.or(span);
                }
                _ => return None,
            }
        }
        Some(Found { node, span })
    }
}

impl Entry<'_> {
    /// Returns the place of the value, or the place of the key if the value is empty.
    fn value_span(&self) -> Option<Span> {
        self.value.span.filter(|span| span.start < span.end).or(self.key_span)
    }
}
