//! The diagnostics of broken configuration files; good files, which have none.
//!
//! The expected diagnostics of `tests/configs/broken/NAME.yaml` are in `NAME.txt`. To write these
//! files, run `MULTITRACER_WRITE_DOCS=1 cargo test -p multitracer-tests --test config_corpus`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use multitracer::config::{Config, Diagnostic};
use serde_json::Value;

/// The environment variables that the files see.
const VARIABLES: [(&str, &str); 7] = [
    ("TEXT", "sEcReT text"),
    ("EMPTY", ""),
    ("HOST", "sEcReT host"),
    ("FROM_A_FILE", "sEcReT-key\n"),
    ("KEY", "sEcReT-key"),
    ("PAIR", "sEcReT:key"),
    ("HH_API_KEY", "sEcReT-key"),
];

fn variable(name: &str) -> Option<String> {
    VARIABLES.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
}

fn files(folder: &str) -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(folder);
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

#[test]
fn every_mistake_has_the_expected_diagnostics() {
    let files = files("broken");
    assert!(files.len() >= 120, "{}", files.len());
    let write = std::env::var_os("MULTITRACER_WRITE_DOCS").is_some();
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    for (name, path) in &files {
        let Err(error) = Config::loader().variables(variable).overrides(|_: &str| None).load_path(path)
        else {
            wrong.push(format!("{name}: loaded without an error"));
            continue;
        };
        let diagnostics = error.to_string().replace(path.to_str().unwrap(), "config.yaml") + "\n";
        let expected = path.with_extension("txt");
        if write {
            fs::write(&expected, &diagnostics).unwrap();
        } else if fs::read_to_string(&expected).ok().as_ref() != Some(&diagnostics) {
            wrong.push(format!("{name}:\n{diagnostics}"));
        }
        for secret in ["sEcReT", "secret-1", "secret-2", "c2VjcmV0"] {
            assert!(!diagnostics.contains(secret), "{name}: {diagnostics}");
        }
        assert!(error.diagnostics().iter().all(|diagnostic| diagnostic.code().is_none()), "{name}");
        // each file shows a different mistake
        let key: Vec<_> = error
            .diagnostics()
            .iter()
            .map(|p| (p.path().to_owned(), p.message().to_owned(), p.column()))
            .collect();
        if let Some(other) = seen.insert(key, name) {
            wrong.push(format!("{name}: has the same diagnostics as {other}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns `false` for the warning about the mode of a file, which differs between checkouts.
fn unless_readable(warning: &&Diagnostic) -> bool {
    warning.code() != Some("readable_key")
}

#[test]
fn every_good_file_loads_without_warnings() {
    let files = files("good");
    assert!(files.len() >= 20, "{}", files.len());
    for (name, path) in files {
        let config = Config::loader().variables(variable).overrides(|_: &str| None).load_path(&path);
        let config = config.unwrap_or_else(|error| unreachable!("{name}: {error}"));
        let warnings: Vec<_> = config
            .warnings()
            .iter()
            .filter(unless_readable)
            .map(|each| each.render(&name, false).to_string())
            .collect();
        assert!(warnings.is_empty(), "{}", warnings.join("\n"));
        let structure = Config::loader().check_path(&path);
        assert_eq!(
            structure
                .map(|warnings| warnings.iter().filter(unless_readable).count())
                .unwrap_or_else(|error| unreachable!("{error}")),
            0,
            "{name}"
        );
        // the effective configuration loads again as itself
        let effective = config.effective().to_string();
        let again =
            Config::loader().variables(|_: &str| None).overrides(|_: &str| None).load_yaml(&effective);
        let again = again.unwrap_or_else(|error| unreachable!("{name}: {error}\n{effective}"));
        assert_eq!(again.effective().to_string(), effective, "{name}");
        assert!(!effective.contains("sEcReT-key"), "{name}: {effective}");
    }
}

/// The JSON Schema accepts every good file, and finds the mistakes that a schema can find.
#[test]
fn the_schema_accepts_good_files_and_refuses_broken_files() {
    let schema = serde_json::to_value(Config::json_schema()).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| unreachable!("{error}"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let read = |path: &Path| serde_yaml::from_str::<Value>(&fs::read_to_string(path).unwrap());
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.example.yaml");
    let starter =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/multitracer-cli/src/commands/starter.yaml");
    for path in files("good").into_values().chain([example, starter]) {
        let value = read(&path).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {}", path.display(), errors.join("\n"));
    }
    let mut found = Vec::new();
    for (name, path) in files("broken") {
        let Ok(value) = read(&path) else { continue };
        if !validator.is_valid(&value) {
            found.push(name);
        }
    }
    for name in [
        "unknown_key_misspelt",
        "sample_rate_above_one",
        "sampler_unknown",
        "sampler_two",
        "timeout_of_zero",
        "backend_unknown",
        "experiment_without_variants",
        "route_condition_type_unknown",
        "otel_processors",
        "queue_of_zero",
    ] {
        assert!(found.iter().any(|found| found == name), "{name}");
    }
    assert!(found.len() >= 60, "{}: {found:?}", found.len());
}
