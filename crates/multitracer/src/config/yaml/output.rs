//! A value to write as YAML or JSON.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A value to write.
#[derive(Clone, Debug)]
pub(crate) enum OutputValue {
    Text(String),
    Flag(bool),
    Int(i64),
    Float(f64),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl OutputValue {
    /// Returns the value with every `$` escaped that would start a reference to a variable.
    pub(crate) fn escaped(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(escaped(text)),
            Self::List(items) => Self::List(items.iter().map(Self::escaped).collect()),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), value.escaped())).collect())
            }
            other => other.clone(),
        }
    }
}

/// Doubles every `$` but a single one that starts no reference.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('$') {
        let (before, dollars) = rest.split_at(start);
        let after = dollars.trim_start_matches('$');
        let run = &dollars[..dollars.len() - after.len()];
        escaped.push_str(before);
        escaped.push_str(run);
        if run.len() > 1 || after.starts_with('{') {
            escaped.push_str(run);
        }
        rest = after;
    }
    escaped + rest
}

impl Serialize for OutputValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Returns an entry of a map.
pub(crate) fn key(name: &str, value: OutputValue) -> (String, OutputValue) {
    (name.to_owned(), value)
}

pub(crate) fn text(text: &str) -> OutputValue {
    OutputValue::Text(text.to_owned())
}

pub(crate) fn count(number: impl TryInto<i64>) -> OutputValue {
    OutputValue::Int(number.try_into().unwrap_or(i64::MAX))
}

/// Returns a value as YAML text.
pub(crate) fn to_text(value: &OutputValue) -> String {
    // a value has only text, numbers, lists, and maps with text as keys, so this cannot fail
    serde_yaml::to_string(value).unwrap_or_default()
}
