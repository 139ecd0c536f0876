//! The keys of `resource`.

use super::section::{Key, Kind, Section};

/// The types of attribute values.
pub(crate) const ATTRIBUTE_TYPES: [&str; 8] =
    ["string", "bool", "int", "double", "string_array", "bool_array", "int_array", "double_array"];

pub(crate) static RESOURCE: Section = Section {
    title: "`resource`",
    keys: &[Key::new(
        "attributes",
        Kind::NameValues(&ATTRIBUTE),
        "",
        "the attributes of everything that the tracer sends",
    )],
    refused: &[
        ("attributes_list", "use `attributes`"),
        ("schema_url", "it is not sent"),
        ("detection/development", "write the attributes out, with `${VAR}` where they vary"),
    ],
};

static ATTRIBUTE: Section = Section {
    title: "an attribute",
    keys: &[
        Key::new("name", Kind::Text, "", "the attribute's name"),
        Key::new("value", Kind::Text, "", "the attribute's value, or a list of values"),
        Key::new("type", Kind::Choice(&ATTRIBUTE_TYPES), "`string`", "the type of the value"),
    ],
    refused: &[],
};
