//! The JSON Schema of the file, for editors.

use serde::ser::{Serialize, Serializer};

use super::section::{Key, Kind, MAX_MILLIS, Section};
use crate::config::yaml::{OutputValue, count, key, text};

/// The JSON Schema (draft 2020-12) of a configuration file; from
/// [`Config::json_schema`](crate::config::Config::json_schema).
///
/// The schema serializes with serde. It describes keys, types and ranges. Only a load checks names,
/// URLs, headers and regular expressions.
///
/// ```
/// let schema = serde_json::to_value(multitracer::config::Config::json_schema())?;
/// assert_eq!(schema["required"][0], "tracers");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct JsonSchema(OutputValue);

/// The required keys, by the title of their section.
const REQUIRED: [(&str, &[&str]); 7] = [
    ("a configuration", &["tracers"]),
    ("an experiment", &["variants"]),
    ("a variant", &["name"]),
    ("a header", &["name", "value"]),
    ("a header condition", &["name"]),
    ("`rate_limited`", &["per_second"]),
    ("`file`", &["path"]),
];

impl JsonSchema {
    pub(crate) fn new(root: &'static Section) -> Self {
        let mut definitions = Definitions(Vec::new());
        let top = definitions.section(root);
        let mut entries = vec![
            key("$schema", text("https://json-schema.org/draft/2020-12/schema")),
            key("title", text("multitracer configuration")),
        ];
        if let OutputValue::Map(top) = top {
            entries.extend(top);
        }
        let definitions = definitions.0.into_iter().map(|(section, tree)| (name_of(section), tree)).collect();
        entries.push(key("$defs", OutputValue::Map(definitions)));
        Self(OutputValue::Map(entries))
    }
}

impl Serialize for JsonSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The definitions of the sections so far, in order.
struct Definitions(Vec<(&'static Section, OutputValue)>);

impl Definitions {
    fn section(&mut self, section: &'static Section) -> OutputValue {
        let mut map = vec![key("type", list(["object", "null"]))];
        map.extend(self.keys(section));
        OutputValue::Map(map)
    }

    fn keys(&mut self, section: &'static Section) -> Vec<(String, OutputValue)> {
        let properties = section.keys.iter().map(|each| key(each.name, self.property(each))).collect();
        let mut map = vec![
            key("properties", OutputValue::Map(properties)),
            key("additionalProperties", OutputValue::Flag(false)),
        ];
        if let Some((_, names)) = REQUIRED.iter().find(|(title, _)| *title == section.title) {
            map.push(key("required", list(names.iter().copied())));
        }
        map
    }

    fn property(&mut self, each: &Key) -> OutputValue {
        let mut map = vec![key("description", text(&described(each)))];
        match self.kind(each.kind) {
            OutputValue::Map(kind) => map.extend(kind),
            other => map.push(key("anyOf", OutputValue::List(vec![other]))),
        }
        OutputValue::Map(map)
    }

    fn kind(&mut self, kind: Kind) -> OutputValue {
        match kind {
            Kind::Text | Kind::Secret => one("type", list(["string", "number", "boolean", "null"])),
            Kind::Flag => {
                any([one("type", list(["boolean", "null"])), pattern("^([Tt]rue|TRUE|[Ff]alse|FALSE)$")])
            }
            Kind::Count(min, max) => whole(min, max),
            Kind::Millis(min) => whole(min, MAX_MILLIS),
            Kind::Ratio => any([
                OutputValue::Map(vec![
                    key("type", list(["number", "null"])),
                    key("minimum", count(0)),
                    key("maximum", count(1)),
                ]),
                pattern("^[0-9.eE+-]+$"),
            ]),
            Kind::Choice(words) => any([one("enum", list(words.iter().copied())), one("type", text("null"))]),
            Kind::Section(inner) => self.reference(inner),
            Kind::OneOf(inner) => self.one_of(inner),
            Kind::Named(inner) => OutputValue::Map(vec![
                key("type", list(["object", "null"])),
                key("additionalProperties", self.reference(inner)),
                key(
                    "propertyNames",
                    OutputValue::Map(vec![key("minLength", count(1)), key("maxLength", count(200))]),
                ),
            ]),
            Kind::List(inner) => OutputValue::Map(vec![
                key("type", list(["array", "null"])),
                key("items", self.reference(inner)),
            ]),
            Kind::ListOf(inner) => {
                OutputValue::Map(vec![key("type", list(["array", "null"])), key("items", self.one_of(inner))])
            }
            Kind::NameValues(inner) => OutputValue::Map(vec![key(
                "anyOf",
                OutputValue::List(vec![
                    one("type", list(["object", "null"])),
                    OutputValue::Map(vec![key("type", text("array")), key("items", self.reference(inner))]),
                ]),
            )]),
        }
    }

    /// Returns the schema of a map with exactly one key, which may stand alone.
    fn one_of(&mut self, section: &'static Section) -> OutputValue {
        let name = name_of(section);
        self.define(section, |definitions| {
            let words = section.keys.iter().map(|each| each.name);
            let mut map = vec![
                key("type", text("object")),
                key("minProperties", count(1)),
                key("maxProperties", count(1)),
            ];
            map.extend(definitions.keys(section));
            any([one("enum", list(words)), one("type", text("null")), OutputValue::Map(map)])
        });
        one("$ref", text(&format!("#/$defs/{name}")))
    }

    fn reference(&mut self, section: &'static Section) -> OutputValue {
        let name = name_of(section);
        self.define(section, |definitions| definitions.section(section));
        one("$ref", text(&format!("#/$defs/{name}")))
    }

    /// Adds the definition of a section once, because samplers contain samplers.
    fn define(&mut self, section: &'static Section, make: impl FnOnce(&mut Self) -> OutputValue) {
        if self.0.iter().any(|(known, _)| std::ptr::eq(*known, section)) {
            return;
        }
        let position = self.0.len();
        self.0.push((section, OutputValue::Flag(true)));
        let tree = make(self);
        if let Some((_, slot)) = self.0.get_mut(position) {
            *slot = tree;
        }
    }
}

/// Returns the name of a definition: `a header condition` -> `header_condition`.
fn name_of(section: &Section) -> String {
    let title = section.title.trim_start_matches("a ").trim_start_matches("an ");
    title.replace('`', "").replace(' ', "_")
}

fn described(each: &Key) -> String {
    let default = each.default.replace('`', "");
    if default.is_empty() { each.doc.to_owned() } else { format!("{}; default {default}", each.doc) }
}

fn one(name: &str, value: OutputValue) -> OutputValue {
    OutputValue::Map(vec![key(name, value)])
}

fn list<'w>(words: impl IntoIterator<Item = &'w str>) -> OutputValue {
    OutputValue::List(words.into_iter().map(text).collect())
}

fn pattern(expression: &str) -> OutputValue {
    OutputValue::Map(vec![key("type", text("string")), key("pattern", text(expression))])
}

/// Returns the schema of any of the kinds, or of a text with a reference to a variable.
fn any(kinds: impl IntoIterator<Item = OutputValue>) -> OutputValue {
    let kinds = kinds.into_iter().chain([pattern("\\$\\{.*\\}")]);
    one("anyOf", OutputValue::List(kinds.collect()))
}

fn whole(min: u64, max: u64) -> OutputValue {
    let number = OutputValue::Map(vec![
        key("type", list(["integer", "null"])),
        key("minimum", count(min)),
        key("maximum", count(max)),
    ]);
    any([number, pattern("^\\+?(0x[0-9a-fA-F]+|0o[0-7]+|[0-9]+)$")])
}
