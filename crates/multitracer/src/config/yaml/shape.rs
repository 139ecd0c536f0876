//! The first pass of the parser: which value is a scalar, a sequence or a map.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

pub(super) const TAGGED: &str = "YAML tags (`!name`) are not supported";

pub(super) const KEY: &str = "a key must be a single value";
pub(super) const TOO_LARGE: &str = "too large once its aliases are followed";

/// The values and bytes that the parser may still use.
pub(super) struct Budget {
    pub(super) values: Cell<usize>,
    pub(super) owned_bytes: Cell<usize>,
}

impl Budget {
    pub(super) fn new(values: usize, owned_bytes: usize) -> Self {
        Self { values: Cell::new(values), owned_bytes: Cell::new(owned_bytes) }
    }

    /// Takes `amount` from a part of the budget, or fails if there is less.
    pub(super) fn spend<E: de::Error>(pot: &Cell<usize>, amount: usize) -> Result<(), E> {
        let left = pot.get().checked_sub(amount).ok_or_else(|| E::custom(TOO_LARGE))?;
        pot.set(left);
        Ok(())
    }
}

/// The shape of a value: a scalar, a sequence or a map.
pub(super) enum Shape {
    Nothing,
    Scalar {
        /// `true` if the YAML library types the scalar as text.
        string: bool,
    },
    Seq(Vec<Self>),
    Map(Vec<Self>),
}

/// A visitor that reads a value as a shape.
#[derive(Clone, Copy)]
pub(super) struct ShapeSeed<'b>(pub(super) &'b Budget);

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
