//! `resource.attributes`.

use std::collections::HashSet;

use super::core_schema::{self, Typed};
use super::decode::{Cursor, Fields, Scalar};
use super::model::AttributeValue;
use super::pairs::Pair;
use super::rules::Breach;
use super::schema::{Key, Kind, Section};
use super::yaml::NodeKind;

const TYPES: [&str; 8] =
    ["string", "bool", "int", "double", "string_array", "bool_array", "int_array", "double_array"];

pub(super) static RESOURCE: Section = Section {
    title: "`resource`",
    keys: &[Key::new(
        "attributes",
        Kind::Pairs(&ATTRIBUTE),
        "",
        "attributes of everything that the tracer sends",
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
        Key::new("type", Kind::Choice(&TYPES), "`string`", "the type of the value"),
    ],
    refused: &[],
};

/// Attributes of one block; a `None` leaves an attribute out, also one of the defaults.
pub(super) type Attributes = Vec<(String, Option<AttributeValue>)>;

pub(super) fn read(fields: &Fields<'_>) -> Attributes {
    let Some(resource) = fields.section("resource") else { return Vec::new() };
    let mut attributes = Attributes::new();
    let mut seen = HashSet::new();
    for pair in resource.pairs("attributes") {
        if pair.name.is_empty() {
            pair.at.problem("the name of an attribute is empty", None);
        } else if !seen.insert(pair.name.clone()) {
            pair.at.problem("an attribute with this name is already there", None);
        } else {
            attributes.push((pair.name.clone(), value(&pair)));
        }
    }
    attributes
}

fn value(pair: &Pair<'_>) -> Option<AttributeValue> {
    let Some(fields) = &pair.fields else {
        return untyped(pair.value.as_ref()?);
    };
    let Some(value) = &pair.value else {
        fields.at.missing("value", None);
        return None;
    };
    let kind = fields.choice("type", &TYPES);
    if fields.given("type").is_some() && kind.is_none() {
        return None;
    }
    match kind.unwrap_or("string") {
        "bool" => one(value, "`true` or `false`", core_schema::parse_bool).map(AttributeValue::Bool),
        "int" => one(value, "a whole number", core_schema::parse_int).map(AttributeValue::Int),
        "double" => one(value, "a number", core_schema::parse_float).map(AttributeValue::Double),
        "string_array" => many(value, "text", text).map(AttributeValue::StringArray),
        "bool_array" => {
            many(value, "`true` or `false`", core_schema::parse_bool).map(AttributeValue::BoolArray)
        }
        "int_array" => many(value, "a whole number", core_schema::parse_int).map(AttributeValue::IntArray),
        "double_array" => many(value, "a number", core_schema::parse_float).map(AttributeValue::DoubleArray),
        _ => one(value, "text", text).map(AttributeValue::String),
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn one<T>(cursor: &Cursor<'_>, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    let parsed = parse(&cursor.text()?);
    if parsed.is_none() {
        cursor.breach(Breach::new(format!("is not {expected}")));
    }
    parsed
}

fn many<T>(cursor: &Cursor<'_>, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if !matches!(cursor.node.kind, NodeKind::Seq(_)) {
        cursor.expected("a list", None);
        return None;
    }
    cursor.items().iter().map(|item| one(item, expected, &parse)).collect()
}

/// The map form: the value says its type itself.
fn untyped(cursor: &Cursor<'_>) -> Option<AttributeValue> {
    if !matches!(cursor.node.kind, NodeKind::Seq(_)) {
        return match cursor.scalar() {
            Scalar::Text { text, plain } => Some(typed(text, plain)),
            Scalar::Null | Scalar::Unusable => None,
        };
    }
    let mut values = Vec::new();
    for item in cursor.items() {
        match item.scalar() {
            Scalar::Text { text, plain } => values.push(typed(text, plain)),
            Scalar::Null => item.problem("nothing in a list of values", None),
            Scalar::Unusable => return None,
        }
    }
    let array = array(&values);
    if array.is_none() {
        cursor.problem(
            "the values of a list must have one type",
            Some("quote them to make them text".to_owned()),
        );
    }
    array
}

fn typed(text: String, plain: bool) -> AttributeValue {
    match core_schema::resolve(&text) {
        Typed::Bool(value) if plain => AttributeValue::Bool(value),
        Typed::Int(value) if plain => AttributeValue::Int(value),
        Typed::Float(value) if plain => AttributeValue::Double(value),
        _ => AttributeValue::String(text),
    }
}

fn array(values: &[AttributeValue]) -> Option<AttributeValue> {
    Some(match values.first() {
        None | Some(AttributeValue::String(_)) => {
            let texts = values.iter().map(|value| match value {
                AttributeValue::String(text) => Some(text.clone()),
                _ => None,
            });
            AttributeValue::StringArray(texts.collect::<Option<_>>()?)
        }
        Some(AttributeValue::Bool(_)) => {
            let flags = values.iter().map(|value| match value {
                AttributeValue::Bool(flag) => Some(*flag),
                _ => None,
            });
            AttributeValue::BoolArray(flags.collect::<Option<_>>()?)
        }
        Some(AttributeValue::Int(_)) => {
            let numbers = values.iter().map(|value| match value {
                AttributeValue::Int(number) => Some(*number),
                _ => None,
            });
            AttributeValue::IntArray(numbers.collect::<Option<_>>()?)
        }
        _ => {
            let numbers = values.iter().map(|value| match value {
                AttributeValue::Double(number) => Some(*number),
                _ => None,
            });
            AttributeValue::DoubleArray(numbers.collect::<Option<_>>()?)
        }
    })
}
