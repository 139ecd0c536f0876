//! Secrets in every place of every test configuration, with misspelt and misplaced keys.
//!
//! No message, warning, `Debug` text or effective configuration shows them.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it tried")]

mod random;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use multitracer::config::{Config, ConfigError, Diagnostic};
use serde_yaml::Value;

use self::random::Random;

/// The secret. No test configuration has it.
const CANARY: &str = "cAnArY";

/// Secrets as people write them, by accident or on purpose.
const SECRETS: [&str; 9] = [
    "sk-cAnArY-7f3e9a",
    "Bearer cAnArY",
    "cAnArY${x y}cAnArY",
    "cAnArY${",
    "${cAnArY!cAnArY}",
    "cAnArY\ncAnArY",
    "cAnArY: cAnArY # cAnArY",
    "https://u:cAnArY@h/v1?key=cAnArY",
    "x-a=cAnArY,x-b=cAnArY",
];

/// A file with every place for a secret, in both forms.
const EVERY_PLACE: &str = "
defaults:
  api_key: a-key
  resource: {attributes: {deploy.token: text, api-keys: [text, text]}}
  exporter: {otlp_http: {endpoint: 'https://h/v1/traces', headers: {x-honeycomb-team: text, x-a: text}}}
default_tracer: http
tracers:
  http:
    resource: {attributes: [{name: team.password, value: text}, {name: id-token, value: text, type: string}]}
    exporter: {otlp_http: {headers: [{name: authorization, value: text}, {name: x-b, value: text}]}}
  grpc: {exporter: {otlp_grpc: {endpoint: 'https://h:4317', headers_list: 'x-c=text'}}}
  two:
    exporters:
      - otlp_http: {endpoint: 'https://h/v1/traces', headers: {dd-api-key: text}}
      - otlp_grpc: {endpoint: 'https://h:4317', headers: [{name: x-d, value: text}]}
routes:
  - {name: one, tracer: grpc, headers: {X-Api-Key: text, x-honeycomb-team: text}}
  - {name: two, tracer: two, headers: [{name: Authorization, value: text, type: regex}]}
";

/// A step from the top of a file to a value.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Returns the paths of all scalars.
fn scalars(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                let Some(key) = key.as_str() else { continue };
                path.push(Step::Key(key.to_owned()));
                scalars(value, path, found);
                path.pop();
            }
        }
        Value::Sequence(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push(Step::Index(index));
                scalars(value, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

fn at<'v>(root: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.as_mapping_mut()?.get_mut(key.as_str()),
        Step::Index(index) => value.as_sequence_mut()?.get_mut(*index),
    })
}

/// Returns `true` if the documentation calls the value at a path a secret: `api_key`, the values of
/// an exporter's headers, and values whose name is that of a credential.
fn is_secret(root: &mut Value, path: &[Step]) -> bool {
    let keys: Vec<&str> =
        path.iter().map(|step| if let Step::Key(key) = step { &**key } else { "[]" }).collect();
    let names_credential = |name: &str| {
        let name = name.to_ascii_lowercase().replace(['-', '_'], "");
        ["apikey", "token", "authorization", "password", "honeycombteam"]
            .iter()
            .any(|word| name.contains(word))
    };
    if keys.iter().any(|key| matches!(*key, "api_key" | "headers_list")) {
        return true;
    }
    let is_of_routes = keys.first() == Some(&"routes");
    match keys.as_slice() {
        [.., "headers", _] | [.., "headers", "[]", "value"] if !is_of_routes => true,
        [.., "headers" | "attributes", name] | [.., "attributes", name, "[]"] => names_credential(name),
        [.., "headers" | "attributes", "[]", "value"] => {
            let item = at(root, &path[..path.len() - 1]).unwrap();
            item.get("name").and_then(Value::as_str).is_some_and(names_credential)
        }
        _ => false,
    }
}

fn is_endpoint(path: &[Step]) -> bool {
    matches!(path.last(), Some(Step::Key(key)) if key == "endpoint")
}

/// Renames one key of a path, and returns the path to the same value.
fn rename(root: &mut Value, path: &[Step], at_step: usize, to: &str) -> Option<Vec<Step>> {
    let Step::Key(from) = &path[at_step] else { return None };
    let map = at(root, &path[..at_step])?.as_mapping_mut()?;
    let value = map.remove(from.as_str())?;
    map.insert(to.into(), value);
    let mut renamed = path.to_vec();
    renamed[at_step] = Step::Key(to.to_owned());
    Some(renamed)
}

/// Returns a word with a typing error.
fn misspelt(word: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = word.chars().collect();
    let at = random.below(chars.len().max(1));
    match random.below(5) {
        0 if chars.len() > 1 => drop(chars.remove(at)),
        1 if at + 1 < chars.len() => chars.swap(at, at + 1),
        2 => chars.insert(at, 'x'),
        3 if !chars.is_empty() => chars[at] = random.pick(&['q', 'z', '0', '-']),
        _ => return word.replace('_', "-").to_uppercase(),
    }
    chars.into_iter().collect()
}

fn diagnostics(all: &[Diagnostic], text: &mut String) {
    for one in all {
        let _ = write!(text, "{one:?}{one:#?}{}", one.render("file", true));
    }
}

/// Returns everything that a load says about a file.
fn shown(result: &Result<Config, ConfigError>) -> String {
    let mut text = String::new();
    match result {
        Ok(config) => {
            let _ = write!(text, "{config:?}{config:#?}{}", config.effective());
            text += &serde_json::to_string(&config.effective()).unwrap();
            diagnostics(config.warnings(), &mut text);
        }
        Err(error) => {
            let _ = write!(text, "{error}{error:?}{error:#?}");
            diagnostics(error.diagnostics(), &mut text);
        }
    }
    text
}

fn load(text: &str) -> Result<Config, ConfigError> {
    let variables = |name: &str| Some(format!("value-of-{name}"));
    Config::loader().variables(variables).overrides(|_: &str| None).load_yaml(text)
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("../config.example.yaml")];
    for folder in ["configs/good", "configs/broken"] {
        let paths = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")));
    }
    files.sort();
    files
}

/// Returns the number of steps that may be renamed. The name of a header or an attribute says that
/// its value is a secret, so it stays.
fn renamable(path: &[Step]) -> usize {
    match path {
        [.., Step::Key(map), Step::Key(_)] if map == "headers" || map == "attributes" => path.len() - 1,
        [.., Step::Key(map), Step::Key(_), Step::Index(_)] if map == "attributes" => path.len() - 2,
        _ => path.len(),
    }
}

/// The ways to break a file around a secret.
const MUTATIONS: usize = 8;

/// Breaks the keys above a value. Returns `None` if the mutation does not fit.
fn mutate(root: &mut Value, path: Vec<Step>, mutation: usize, random: &mut Random) -> Option<()> {
    match mutation {
        0 => {}
        // one misspelt key, or two
        1..=3 => {
            let steps = renamable(&path);
            let mut path = path;
            for _ in 0..=mutation / 3 {
                let step = random.below(steps);
                let Step::Key(key) = path[step].clone() else { continue };
                path = rename(root, &path, step, &misspelt(&key, random))?;
            }
        }
        // a tracer's block under another key of the file
        4 => drop(rename(root, &path, 0, "experiments")?),
        5 => drop(rename(root, &path, 0, "routes")?),
        // a block that slipped to the top of the file
        6 => {
            let (Step::Key(first), Some(Step::Key(second))) = (&path[0], path.get(1)) else { return None };
            let inner = at(root, &[Step::Key(first.clone())])?.as_mapping_mut()?.remove(second.as_str())?;
            root.as_mapping_mut()?.insert(second.as_str().into(), inner);
        }
        // a key that nobody knows
        _ => {
            let step = random.below(renamable(&path));
            rename(root, &path, step, "completely_different")?;
        }
    }
    Some(())
}

/// Returns the seed, which `MULTITRACER_SEED` sets.
fn seed() -> u64 {
    std::env::var("MULTITRACER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(13)
}

#[test]
fn no_text_shows_a_secret_of_any_configuration() {
    let mut random = Random::new(seed());
    let (mut places, mut tried, mut refused) = (0, 0, 0);
    let files = files().into_iter().map(|file| fs::read_to_string(file).unwrap());
    for file in files.chain([EVERY_PLACE.to_owned()]) {
        let Ok(original) = serde_yaml::from_str::<Value>(&file) else { continue };
        let mut paths = Vec::new();
        scalars(&original, &mut Vec::new(), &mut paths);
        for path in paths {
            let secret = is_secret(&mut original.clone(), &path);
            if !secret && !is_endpoint(&path) {
                continue;
            }
            places += 1;
            for text in SECRETS.iter().filter(|text| secret || text.contains("://")) {
                for mutation in 0..MUTATIONS {
                    let mut root = original.clone();
                    *at(&mut root, &path).unwrap() = Value::String((*text).to_owned());
                    if mutate(&mut root, path.clone(), mutation, &mut random).is_none() {
                        continue;
                    }
                    // JSON is YAML in the flow style
                    let text = match serde_json::to_string(&root) {
                        Ok(json) if random.chance(50) => json,
                        _ => serde_yaml::to_string(&root).unwrap(),
                    };
                    let result = load(&text);
                    tried += 1;
                    refused += usize::from(result.is_err());
                    let shown = shown(&result);
                    assert!(!shown.contains(CANARY), "{path:?} {mutation}\n{text}\n{shown}");
                }
            }
        }
    }
    println!("{places} places, {tried} files, {refused} refused");
    assert!(places > 90 && tried > 4000 && refused > tried / 2, "{places} {tried} {refused}");
}
