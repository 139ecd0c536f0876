//! The decoder of `resource.attributes`.

use std::collections::HashSet;

use crate::config::diagnostics::Violation;
use crate::config::model::AttributeValue;
use crate::config::reader::{Cursor, Fields, NameValue, Scalar};
use crate::config::schema::ATTRIBUTE_TYPES;
use crate::config::yaml::NodeKind;
use crate::config::yaml::core_schema::{self, Typed};

/// The attributes of one block. A `None` removes an attribute, even one of the defaults.
pub(super) type Attributes = Vec<(String, Option<AttributeValue>)>;

/// Reads `resource.attributes`.
pub(super) fn read(fields: &Fields<'_>) -> Attributes {
    let Some(resource) = fields.section("resource") else { return Vec::new() };
    let mut attributes = Attributes::new();
    let mut seen = HashSet::new();
    for pair in resource.name_values("attributes") {
        if pair.name.is_empty() {
            pair.at.report("the name of an attribute is empty", None);
        } else if !seen.insert(pair.name.clone()) {
            pair.at.report("an attribute with this name is already there", None);
        } else {
            attributes.push((pair.name.clone(), value(&pair)));
        }
    }
    attributes
}

fn value(pair: &NameValue<'_>) -> Option<AttributeValue> {
    let Some(fields) = &pair.fields else {
        return untyped(pair.value.as_ref()?);
    };
    let Some(value) = &pair.value else {
        fields.at.report_missing("value", None);
        return None;
    };
    let kind = fields.one_word_of("type", &ATTRIBUTE_TYPES);
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
        cursor.report_violation(Violation::new(format!("is not {expected}")));
    }
    parsed
}

fn many<T>(cursor: &Cursor<'_>, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    if !matches!(cursor.node.kind, NodeKind::Seq(_)) {
        cursor.report_mismatch("a list", None);
        return None;
    }
    cursor.items().iter().map(|item| one(item, expected, &parse)).collect()
}

/// Reads a value of the map form, which has its type from YAML.
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
            Scalar::Null => item.report("a null in a list of values", None),
            Scalar::Unusable => return None,
        }
    }
    let array = array(&values);
    if array.is_none() {
        cursor.report(
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
