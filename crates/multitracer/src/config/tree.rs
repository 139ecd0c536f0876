//! Values on their way out, as YAML or JSON.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

#[derive(Clone, Debug)]
pub(super) enum Tree {
    Text(String),
    Flag(bool),
    Int(i64),
    Float(f64),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Tree {
    /// With nothing in it that would be read as a reference to a variable.
    pub(super) fn escaped(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.replace("$$", "$$$$").replace("${", "$${")),
            Self::List(items) => Self::List(items.iter().map(Self::escaped).collect()),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), value.escaped())).collect())
            }
            other => other.clone(),
        }
    }
}

impl Serialize for Tree {
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

pub(super) fn key(name: &str, value: Tree) -> (String, Tree) {
    (name.to_owned(), value)
}

pub(super) fn text(text: &str) -> Tree {
    Tree::Text(text.to_owned())
}

pub(super) fn count(number: impl TryInto<i64>) -> Tree {
    Tree::Int(number.try_into().unwrap_or(i64::MAX))
}
