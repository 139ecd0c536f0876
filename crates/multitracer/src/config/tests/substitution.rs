//! Substitution of variables, against the specification and with any text.

#![expect(clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use serde_json::Value;

use crate::config::content::ReadFiles;
use crate::config::options::LoadOptions;
use crate::config::reader::{Context, Cursor, Scalar};
use crate::config::yaml::core_schema::{self, Typed};
use crate::config::yaml::{self, FileFolder, NodeKind, Template, UndefinedVariables, Variables};

fn environment(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn options<'v>(
    variables: &'v (dyn Variables + 'v),
    undefined: UndefinedVariables,
    read_files: &'v ReadFiles,
) -> LoadOptions<'v> {
    let variables = Some(variables);
    LoadOptions { variables, overrides: None, undefined, file: None, read_files, credentials: true }
}

/// Checks every row of the published table and of the prose with the parser and the substitution.
#[test]
fn substitution_agrees_with_the_specification() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../testdata/env_substitution.json")).unwrap();
    let shared = environment(&vectors["env"]);
    let rows = vectors["vectors"].as_array().unwrap();
    assert!(rows.len() >= 31, "{}", rows.len());
    for row in rows {
        let mut variables = shared.clone();
        variables.extend(environment(&row["env"]));
        let variables = move |name: &str| variables.get(name).cloned();
        let id = row["id"].as_str().unwrap();
        let root = yaml::parse(row["yaml"].as_str().unwrap()).unwrap();
        let NodeKind::Map(entries) = &root.kind else { panic!("{id}: no map") };
        let read = ReadFiles::default();
        let cx = Context::new(&options(&variables, UndefinedVariables::Empty, &read));
        let entry = Cursor::root(&cx, &root).entries().remove(0);
        assert_eq!(entries.len(), 1, "{id}");
        let scalar = entry.value.scalar();
        let failed = scalar == Scalar::Unusable;
        let expect = &row["expect"];
        assert_eq!(failed, expect["error"] == true, "{id}: {scalar:?}");
        if let Some(unchanged) = expect["key_unchanged"].as_str() {
            assert_eq!(entry.key, unchanged, "{id}");
        }
        if failed {
            continue;
        }
        let (text, plain) = match scalar {
            Scalar::Text { text, plain } => (text, plain),
            _ => (String::new(), true),
        };
        if let Some(expected) = expect["text"].as_str() {
            assert_eq!(text, expected, "{id}");
        }
        let (tag, value) = match core_schema::resolve(&text) {
            Typed::Null if plain => ("null", Value::Null),
            Typed::Bool(value) if plain => ("bool", value.into()),
            Typed::Int(value) if plain => ("int", value.into()),
            Typed::Float(value) if plain => ("float", value.into()),
            _ => ("str", text.into()),
        };
        assert_eq!(value, expect["value"], "{id}");
        if let Some(expected) = expect["tag"].as_str() {
            assert_eq!(format!("tag:yaml.org,2002:{tag}"), expected, "{id}");
        }
    }
}

#[test]
fn a_variable_may_be_called_like_a_prefix() {
    let variables = |name: &str| (name == "env").then(|| "set".to_owned());
    let expand =
        |text| Template::parse(text).map(|template| template.expand(&variables, &FileFolder::default()).text);
    assert_eq!(expand("${env:-default}"), Ok("set".to_owned()));
    assert_eq!(expand("${env:env}"), Ok("set".to_owned()));
    assert_eq!(expand("${X:-d}"), Ok("d".to_owned()));
    assert_eq!(expand("${env:X:-d}"), Ok("d".to_owned()));
    assert_eq!(expand("${file:}"), Err("file:"));
    assert_eq!(expand("${file:/no/such/file:-d}"), Ok("d".to_owned()));
    assert_eq!(expand("${file:-d}"), Ok("d".to_owned()));
    assert_eq!(expand("${}"), Err(""));
    assert_eq!(expand("${env:}"), Err("env:"));
    assert_eq!(expand("${A"), Ok("${A".to_owned()));
}

#[test]
fn unset_and_empty_variables_are_listed() {
    let variables = |name: &str| (name == "EMPTY").then(String::new);
    let expansion = Template::parse("${A}-${EMPTY}-${B}-${EMPTY:-x}-${C:-}")
        .unwrap()
        .expand(&variables, &FileFolder::default());
    assert_eq!(expansion.text, "---x-");
    assert_eq!(expansion.undefined, ["A", "B"]);
    assert_eq!(expansion.empty, ["EMPTY"]);
}

proptest! {
    /// The value of a variable stays text: no second substitution, no structure.
    #[test]
    fn a_value_stays_a_value(value in "[^\\x00-\\x1f]{1,40}", hostile in any::<proptest::sample::Index>()) {
        let tricks = ["${B}", "$$", "a: {b: c}", "\n- x", "}", "{", "\"", "${B:-c}", "# no", "*alias", "${"];
        let value = format!("{value}{}", tricks[hostile.index(tricks.len())]);
        let held = value.clone();
        let variables = move |name: &str| Some(if name == "A" { held.clone() } else { "expanded twice".to_owned() });
        let root = yaml::parse("before: 1\nkey: ${A}\nafter: [2]\n").unwrap();
        let read = ReadFiles::default();
        let cx = Context::new(&options(&variables, UndefinedVariables::Error, &read));
        let entries = Cursor::root(&cx, &root).entries();
        prop_assert_eq!(entries.len(), 3);
        prop_assert_eq!(entries[1].value.scalar(), Scalar::Text { text: value, plain: true });
    }

    /// Text without a `$` stays the same, and `$$` is a literal `$`.
    #[test]
    fn escaping_is_the_inverse_of_substitution(text in any::<String>().prop_map(|text| text.replace('\u{0}', ""))) {
        let escaped = text.replace('$', "$$");
        let expanded = Template::parse(&escaped).unwrap().expand(&|_: &str| None, &FileFolder::default());
        prop_assert!(expanded.undefined.is_empty());
        prop_assert_eq!(expanded.text, text);
    }
}
