//! The second pass of the parser: the nodes with the text and the place of every scalar.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::node::{Entry, Node, NodeKind, Span};
use super::shape::{Budget, Shape};

/// A visitor that reads a value of a known shape as a node.
pub(super) struct NodeSeed<'s, 't> {
    pub(super) shape: &'s Shape,
    pub(super) text: &'t str,
    pub(super) budget: &'s Budget,
}

impl<'t> NodeSeed<'_, 't> {
    fn of<'s>(&'s self, shape: &'s Shape) -> NodeSeed<'s, 't> {
        NodeSeed { shape, text: self.text, budget: self.budget }
    }

    /// Finds the place of a piece in the text. A piece that is not borrowed from the text has no
    /// place.
    fn place<E: de::Error>(&self, piece: Cow<'t, str>) -> Result<Placed<'t>, E> {
        let Cow::Borrowed(text) = piece else {
            Budget::spend(&self.budget.owned_bytes, piece.len())?;
            return Ok((piece, None));
        };
        let start = (text.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let end = start.saturating_add(text.len());
        if end > self.text.len() {
            return Ok((piece, None));
        }
        let before = self.text.as_bytes().get(start.wrapping_sub(1));
        let quoted = before.is_some_and(|byte| matches!(byte, b'"' | b'\''));
        Ok((piece, Some((Span { start, end }, !quoted))))
    }
}

/// A piece of text, with its place and a flag for plain text.
type Placed<'t> = (Cow<'t, str>, Option<(Span, bool)>);

impl<'t> DeserializeSeed<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Node<'t>, D::Error> {
        match self.shape {
            Shape::Nothing | Shape::Scalar { .. } => {
                let (text, place) = self.place(TextSeed.deserialize(deserializer)?)?;
                let typed = matches!(self.shape, Shape::Nothing | Shape::Scalar { string: false });
                // the quote before an absent value belongs to another value: `{'a', 'b'}`
                let plain = place.filter(|_| !text.is_empty()).map_or(typed, |(_, plain)| plain);
                Ok(Node { kind: NodeKind::Scalar { text, plain }, span: place.map(|(span, _)| span) })
            }
            Shape::Seq(_) => deserializer.deserialize_seq(self),
            Shape::Map(_) => deserializer.deserialize_map(self),
        }
    }
}

impl<'t> Visitor<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the same as before")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut seq: A) -> Result<Node<'t>, A::Error> {
        let Shape::Seq(shapes) = self.shape else { return Err(de::Error::custom("not a sequence")) };
        let mut nodes = Vec::with_capacity(shapes.len());
        for shape in shapes {
            nodes.extend(seq.next_element_seed(self.of(shape))?);
        }
        let span = nodes.first().and_then(|node: &Node<'_>| opening(self.text, node.span?));
        Ok(Node { kind: NodeKind::Seq(nodes), span })
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Node<'t>, A::Error> {
        let Shape::Map(shapes) = self.shape else { return Err(de::Error::custom("not a map")) };
        let mut entries = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let Some(key) = map.next_key_seed(TextSeed)? else { break };
            let (key, place) = self.place(key)?;
            let key_span = place.map(|(span, _)| span);
            let value = map.next_value_seed(self.of(shape))?;
            entries.push(Entry { key, key_span, value });
        }
        let span = entries.first().and_then(|entry: &Entry<'_>| opening(self.text, entry.key_span?));
        Ok(Node { kind: NodeKind::Map(entries), span })
    }
}

/// Returns the start of a sequence or map, given the place of its first value.
fn opening(text: &str, first: Span) -> Option<Span> {
    let before = text.get(..first.start)?;
    let unquoted = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let outside = unquoted.trim_end();
    let start = match outside.as_bytes().last() {
        Some(b'{' | b'[') => outside.len() - 1,
        _ => unquoted.len(),
    };
    Some(Span { start, end: start + 1 })
}

/// A visitor that reads the text of a scalar, and borrows it from the file if possible.
struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
