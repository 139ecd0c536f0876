//! The `file` exporter: who may read the file, files that are not regular, and numbers that JSON
//! does not have.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod temporary_folder;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use multitracer::{Registry, TracerBuilder};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Array, Context, KeyValue, Value};
use serde_json::json;

use self::temporary_folder::TemporaryFolder;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn registry(path: &Path, limits: &str) -> Registry {
    let path = path.display();
    Registry::from_yaml(&format!("tracers: {{main: {{exporter: {{file: {{path: \"{path}\"{limits}}}}}}}}}"))
        .unwrap()
}

async fn write_span(registry: &Registry, name: &'static str) {
    registry.default_tracer().in_span(name, || {});
    registry.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_and_its_folders_are_private() {
    let folder = TemporaryFolder::new("file-private");
    let path = folder.path("a/b/spans.jsonl");
    let registry = registry(&path, ", max_size: 1024, max_backups: 1");
    for _ in 0..4 {
        write_span(&registry, "work").await;
    }
    registry.shutdown().await.unwrap();
    for folder in [folder.path("a"), folder.path("a/b")] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    for file in [path, folder.path("a/b/spans.jsonl.1")] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_file_keeps_its_mode_also_when_it_is_rotated() {
    let folder = TemporaryFolder::new("file-mode");
    fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path("spans.jsonl");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let registry = registry(&path, ", max_size: 1024, max_backups: 1");
    for _ in 0..4 {
        write_span(&registry, "work").await;
    }
    registry.shutdown().await.unwrap();
    assert_eq!(
        (mode(&folder.path("")), mode(&path), mode(&folder.path("spans.jsonl.1"))),
        (0o755, 0o640, 0o640)
    );
}

/// Returns the error of a tracer that writes to `path`. Fails if the path blocks.
fn refusal(path: PathBuf) -> String {
    let (sender, outcome) = channel();
    std::thread::spawn(move || {
        let tracer = TracerBuilder::new("main").otlp_file(path.display().to_string());
        sender.send(Registry::builder().tracer(tracer).build().map(|_| ()).map_err(|error| error.to_string()))
    });
    outcome.recv_timeout(Duration::from_secs(10)).unwrap().unwrap_err()
}

#[test]
fn only_a_regular_file_is_opened() {
    let folder = TemporaryFolder::new("file-special");
    let fifo = folder.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let link = folder.path("link");
    std::os::unix::fs::symlink(&fifo, &link).unwrap();
    for path in [fifo, link, folder.path(""), "/dev/null".into()] {
        let error = refusal(path.clone());
        let expected = format!("file.path: cannot open {}: it is not a regular file", path.display());
        assert!(error.contains(&expected), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifo_in_place_of_the_open_file_is_not_opened() {
    let folder = TemporaryFolder::new("file-swapped");
    let path = folder.path("spans.jsonl");
    let yaml = format!(
        "tracers: {{main: {{exporter: {{file: {{path: \"{}\"}}}}, batch: {{max_retries: 0}}}}}}",
        path.display()
    );
    let registry = Registry::from_yaml(&yaml).unwrap();
    write_span(&registry, "before").await;
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    registry.default_tracer().in_span("lost", || {});
    let flushed = registry.flush().await;
    assert!(flushed.unwrap_err().to_string().contains("it is not a regular file"));
    let stats = registry.stats();
    let main = &stats.tracers()[0];
    assert_eq!((main.exported, main.dropped.export_failed), (1, 1));
}

fn set_doubles() {
    let cx = Context::current();
    let span = cx.span();
    span.set_attribute(KeyValue::new("nan", f64::NAN));
    // the smallest numbers, which no stand-in may hide
    let list = vec![f64::INFINITY, 1.5, f64::NEG_INFINITY, f64::from_bits(1), f64::from_bits(2), f64::NAN];
    span.set_attribute(KeyValue::new("list", Value::Array(Array::F64(list))));
    span.add_event("event", vec![KeyValue::new("infinity", f64::INFINITY)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_json_does_not_have_are_names() {
    let folder = TemporaryFolder::new("file-numbers");
    let path = folder.path("spans.jsonl");
    let registry = registry(&path, "");
    registry.default_tracer().in_span("work", set_doubles);
    registry.shutdown().await.unwrap();
    let line: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let span = &line["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    let attribute = |key: &str| {
        let attributes = span["attributes"].as_array().unwrap();
        attributes.iter().find(|attribute| attribute["key"] == key).unwrap()["value"].clone()
    };
    assert_eq!(attribute("nan"), json!({"doubleValue": "NaN"}));
    let list = attribute("list")["arrayValue"]["values"].clone();
    let double = |value: serde_json::Value| json!({"doubleValue": value});
    let (tiny, tiny_too) = (f64::from_bits(1), f64::from_bits(2));
    let expected =
        [json!("Infinity"), json!(1.5), json!("-Infinity"), json!(tiny), json!(tiny_too), json!("NaN")];
    assert_eq!(list, json!(expected.map(double)));
    assert_eq!(span["events"][0]["attributes"][0]["value"], json!({"doubleValue": "Infinity"}));
}
