//! The configuration through the public interface: files, errors and variables.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs, io, process};

use multitracer::config::{Config, ConfigError, ProcessEnv, UndefinedVariables};

/// A file that is removed on drop.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = env::temp_dir().join(format!("multitracer-config-{}-{name}", process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// Loads the file, and returns the error.
    fn error(&self) -> ConfigError {
        Config::from_path(&self.0).unwrap_err()
    }

    /// Returns the message, with `config.yaml` as the name of the file.
    fn message(&self) -> String {
        self.error().to_string().replace(&self.0.display().to_string(), "config.yaml")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_missing_file_is_an_error_with_its_cause() {
    let error = Config::from_path("does/not/exist.yaml").unwrap_err();
    assert_eq!(
        error.to_string(),
        "does/not/exist.yaml: cannot read the file: No such file or directory (os error 2)"
    );
    assert_eq!(error.source_name(), "does/not/exist.yaml");
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::NotFound);
    assert_eq!((error.diagnostics().len(), error.diagnostics()[0].line()), (1, None));
}

#[test]
fn each_kind_of_broken_file_has_its_message() {
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "yaml",
            b"tracers:\n  a: {b: [\n",
            "config.yaml:3:1: not valid YAML: did not find expected node content, while parsing a flow node",
        ),
        ("utf8", b"tracers:\n  a: \xff\n", "config.yaml: not UTF-8 text, in line 2"),
        (
            "key",
            b"tracers:\n  a:\n    samplr: always_on\n",
            "config.yaml:3:5: tracers.a: unknown key `samplr`
  3 |     samplr: always_on
    |     ^^^^^^
    = help: did you mean `sampler`?",
        ),
        (
            "variable",
            b"tracers:\n  a:\n    project: ${MULTITRACER_TEST_NOT_SET}\n",
            "config.yaml:3:14: tracers.a.project: undefined variable `MULTITRACER_TEST_NOT_SET`
  3 |     project: ${MULTITRACER_TEST_NOT_SET}
    |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
    = help: set it, or write `${MULTITRACER_TEST_NOT_SET:-}` for an empty value",
        ),
        (
            "route",
            b"tracers:\n  canary:\nroutes:\n  - tracer: cannary\n",
            "config.yaml:4:13: routes[0].tracer: `cannary` is not the name of a tracer
  4 |   - tracer: cannary
    |             ^^^^^^^
    = help: did you mean `canary`?",
        ),
        ("large", &[b'#'; (1 << 20) + 1], "config.yaml: larger than 1024 KiB"),
    ];
    for (name, bytes, message) in cases {
        assert_eq!(Temporary::new(name, bytes).message(), message, "{name}");
    }
}

#[test]
fn an_error_lists_its_problems() {
    let text = "on_switch: chlid\ntracers:\n  a: {batch: {max_queue_size: 0}}\n";
    let error = Temporary::new("problems", text.as_bytes()).error();
    let problems: Vec<_> = error
        .diagnostics()
        .iter()
        .map(|problem| (problem.path(), problem.line(), problem.column(), problem.help().is_some()))
        .collect();
    assert_eq!(
        problems,
        [("on_switch", Some(1), Some(12), true), ("tracers.a.batch.max_queue_size", Some(3), Some(31), true)]
    );
    assert_eq!(error.diagnostics()[0].message(), "`chlid` is not one of `link`, `child`");
    assert!(error.source().is_none());
}

#[test]
fn variables_come_from_the_process_or_a_closure() {
    // Cargo sets this variable for every test
    let version = env::var("CARGO_PKG_VERSION").unwrap();
    let text = "tracers: {a: {service: {version: \"${CARGO_PKG_VERSION}\"}, exporter: console}}";
    assert!(format!("{:?}", Config::from_yaml(text).unwrap()).contains(&format!("{version:?}")));
    let process = Config::loader().variables(ProcessEnv).load_yaml(text).unwrap();
    assert!(format!("{process:?}").contains(&format!("{version:?}")));
    let other = Config::loader()
        .variables(|name: &str| (name == "CARGO_PKG_VERSION").then(|| "other".to_owned()))
        .load_yaml(text)
        .unwrap();
    assert!(format!("{other:?}").contains("\"other\""));
}

#[test]
fn an_undefined_variable_can_be_empty() {
    let loader = || Config::loader().variables(|_: &str| None).undefined_variables(UndefinedVariables::Empty);
    loader().load_yaml("tracers: {a: {environment: \"${X}\"}}").unwrap();
    // the key in the file overrides the loader
    let error =
        loader().load_yaml("undefined_variables: error\ntracers: {a: {environment: \"${X}\"}}").unwrap_err();
    assert!(error.to_string().contains("undefined variable `X`"), "{error}");
}

#[test]
fn only_the_first_hundred_problems_are_shown() {
    let text: String = (0..250).map(|i| format!("k{i}: 1\n")).collect();
    let error = Config::from_yaml(&text).unwrap_err();
    assert_eq!(error.diagnostics().len(), 100);
    assert!(error.to_string().ends_with("\n<string>: and 151 more"), "{error}");
}

#[test]
fn configurations_and_errors_are_send_and_sync() {
    fn assert_send_and_sync<T: Send + Sync + 'static>() {}
    assert_send_and_sync::<Config>();
    assert_send_and_sync::<ConfigError>();
}
