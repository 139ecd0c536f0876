//! YAML text -> a tree that keeps what the file says: raw text, quoting, order, duplicates, places.
//!
//! The only file that names the YAML library.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::core_schema;

/// A range of bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// One value of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node<'t> {
    pub(super) kind: NodeKind<'t>,
    /// Where it starts and ends; `None` for text that is not in the file as it is (escapes, several lines).
    pub(super) span: Option<Span>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeKind<'t> {
    Scalar {
        text: Cow<'t, str>,
        /// Neither quoted nor a block: the core schema types it.
        plain: bool,
    },
    Seq(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// One `key: value` of a map, in file order, duplicates included.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) key_span: Option<Span>,
    pub(super) value: Node<'t>,
}

impl Node<'_> {
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar { text, plain: true } if core_schema::is_null(text))
    }
}

impl Entry<'_> {
    /// Where the value is, or its key if there is nothing to see.
    pub(super) fn value_span(&self) -> Option<Span> {
        self.value.span.filter(|span| span.start < span.end).or(self.key_span)
    }
}

/// Why a text is not a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) message: String,
    /// A byte offset.
    pub(super) at: Option<usize>,
}

/// The values that one file may hold once its aliases are followed.
const MOST_VALUES: usize = 500_000;
/// The bytes of text that are not borrowed from the file.
const MOST_OWNED_BYTES: usize = 4 << 20;
/// Brackets that are open at once; the parser's own limit is 128, but it reads the whole file first.
const DEEPEST: usize = 1000;

/// Reads one document. `text` must not start with a byte order mark.
pub(super) fn parse(text: &str) -> Result<Node<'_>, Broken> {
    refuse_early(text)?;
    let budget = Budget { values: Cell::new(MOST_VALUES), owned_bytes: Cell::new(MOST_OWNED_BYTES) };
    // Two passes, because the library gives either the type of a value or its text, not both.
    let shape = ShapeSeed(&budget)
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| Broken::from_yaml(&error, text))?;
    if matches!(shape, Shape::Nothing) {
        return Err(Broken { message: "the configuration is empty".to_owned(), at: None });
    }
    NodeSeed { shape: &shape, text, budget: &budget }
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| Broken::from_yaml(&error, text))
}

/// What the parser would refuse too, but late or without a place.
fn refuse_early(text: &str) -> Result<(), Broken> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => {}
            _ => {
                let message = format!("the character U+{:04X} is not allowed in YAML", u32::from(c));
                return Err(Broken { message, at: Some(at) });
            }
        }
        if depth > DEEPEST {
            return Err(Broken { message: "nested too deeply".to_owned(), at: Some(at) });
        }
    }
    Ok(())
}

impl Broken {
    fn from_yaml(error: &serde_yaml::Error, text: &str) -> Self {
        let at = error.location().map(|location| location.index().min(text.len()));
        let message = error.to_string();
        // Serde's own messages quote the value, which may be a secret.
        let known = [
            ("more than one document", "more than one YAML document; the configuration is one"),
            ("recursion limit exceeded", "nested too deeply"),
            ("repetition limit exceeded", "too many aliases"),
            ("unknown anchor", "an alias without its anchor"),
            ("EOF while parsing", "the configuration is empty"),
            (KEY, KEY),
            ("invalid value: ", "a value does not fit its YAML tag"),
            (TAGGED, TAGGED),
            (TOO_LARGE, TOO_LARGE),
        ];
        let message = match known.iter().find(|(theirs, _)| message.contains(theirs)) {
            Some((_, ours)) => (*ours).to_owned(),
            None => format!("not valid YAML: {}", without_first_place(&message)),
        };
        Self { message, at }
    }
}

/// Cuts the first `at line L column C`, which the diagnostic says already.
fn without_first_place(message: &str) -> String {
    let Some(at) = message.find(" at line ") else { return message.to_owned() };
    let (before, place) = message.split_at(at);
    let place = place.trim_start_matches(" at line ").trim_start_matches(|c: char| c.is_ascii_digit());
    let place = place.strip_prefix(" column ").unwrap_or(place);
    format!("{before}{}", place.trim_start_matches(|c: char| c.is_ascii_digit()))
}

const TAGGED: &str = "YAML tags (`!name`) are not supported";
const KEY: &str = "a key must be a single value";
const TOO_LARGE: &str = "too large once its aliases are followed";

/// A value as YAML text.
pub(super) fn to_text(value: &impl serde::Serialize) -> String {
    // what is shown is made of text, numbers, lists and maps with text as keys, which YAML can say
    serde_yaml::to_string(value).unwrap_or_default()
}

struct Budget {
    values: Cell<usize>,
    owned_bytes: Cell<usize>,
}

impl Budget {
    fn spend<E: de::Error>(pot: &Cell<usize>, amount: usize) -> Result<(), E> {
        let left = pot.get().checked_sub(amount).ok_or_else(|| E::custom(TOO_LARGE))?;
        pot.set(left);
        Ok(())
    }
}

/// First pass: what is a scalar, a sequence, a map.
enum Shape {
    Nothing,
    /// `string`: the library types it as text.
    Scalar {
        string: bool,
    },
    Seq(Vec<Self>),
    Map(Vec<Self>),
}

#[derive(Clone, Copy)]
struct ShapeSeed<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        Budget::spend(&self.0.values, 1)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: false })
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar { string: true })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while let Some(shape) = seq.next_element_seed(self)? {
            shapes.push(shape);
        }
        Ok(Shape::Seq(shapes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shapes = Vec::new();
        while let Some(key) = map.next_key_seed(self)? {
            if matches!(key, Shape::Seq(_) | Shape::Map(_)) {
                return Err(de::Error::custom(KEY));
            }
            shapes.push(map.next_value_seed(self)?);
        }
        Ok(Shape::Map(shapes))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, _: A) -> Result<Shape, A::Error> {
        Err(de::Error::custom(TAGGED))
    }
}

/// Second pass: the same walk, with the text of every scalar.
struct NodeSeed<'s, 't> {
    shape: &'s Shape,
    text: &'t str,
    budget: &'s Budget,
}

impl<'t> NodeSeed<'_, 't> {
    fn of<'s>(&'s self, shape: &'s Shape) -> NodeSeed<'s, 't> {
        NodeSeed { shape, text: self.text, budget: self.budget }
    }

    /// Where a piece of the text is in it, and whether it is plain; text of its own has no place.
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

/// A piece of text, its place, and whether it is plain.
type Placed<'t> = (Cow<'t, str>, Option<(Span, bool)>);

impl<'t> DeserializeSeed<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Node<'t>, D::Error> {
        match self.shape {
            Shape::Nothing | Shape::Scalar { .. } => {
                let (text, place) = self.place(TextSeed.deserialize(deserializer)?)?;
                let typed = matches!(self.shape, Shape::Nothing | Shape::Scalar { string: false });
                // What stands before an absent value says nothing about it: `{'a', 'b'}`.
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

/// Where a sequence or map starts, from the place of the first thing in it.
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

/// The text of a scalar, borrowed where it stands in the file as it is.
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
