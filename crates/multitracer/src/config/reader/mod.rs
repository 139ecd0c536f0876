//! The reader: typed access to the values of a YAML tree, with a report of each one that does not
//! fit.

mod collections;
mod context;
mod cursor;
mod fields;
mod hint;
mod name_value;
mod one_of;
mod scalar;
mod typed;

pub(crate) use self::context::Context;
pub(crate) use self::cursor::Cursor;
pub(crate) use self::fields::Fields;
pub(crate) use self::name_value::NameValue;
pub(crate) use self::one_of::OneOf;
pub(crate) use self::scalar::Scalar;
