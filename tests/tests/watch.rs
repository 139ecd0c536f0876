//! A watch that reloads a registry when its file changes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use multitracer::Registry;
use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::error::ReloadError;
use multitracer::export::InMemoryExporter;
use multitracer::reload::WatchGuard;

/// The period of the watch.
const PERIOD: Duration = Duration::from_millis(20);
/// The time after which a test fails.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A new directory that is removed on drop.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("multitracer-watch-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn yaml(project: &str) -> String {
    format!("tracers: {{main: {{project: {project}, exporter: console}}}}\n")
}

/// Builds a registry from a file and watches it; reloads and errors arrive as text.
fn watched(path: &Path) -> (Registry, WatchGuard, Receiver<String>) {
    let registry = Registry::from_path(path).unwrap();
    let (send, reloads) = channel();
    let report = move |result: &Result<_, ReloadError>| {
        let text = result.as_ref().map_or_else(|error: &ReloadError| error.to_string(), ToString::to_string);
        let _ = send.send(text);
    };
    let guard = registry.watch().period(PERIOD).on_reload(report).start().unwrap();
    (registry, guard, reloads)
}

#[test]
fn a_changed_file_is_reloaded_and_a_wrong_file_is_reported_once() {
    let directory = Directory::new("file");
    let path = directory.path("config.yaml");
    fs::write(&path, yaml("one")).unwrap();
    let (registry, _guard, reloads) = watched(&path);
    // the new file has the same length, and may have the same time
    fs::write(&path, yaml("two")).unwrap();
    assert_eq!(reloads.recv_timeout(TIMEOUT).unwrap(), "changed: main; kept: 0");
    assert_eq!(registry.default_tracer().project(), "two");
    fs::write(&path, "tracers: {main: {projct: x}}").unwrap();
    assert!(reloads.recv_timeout(TIMEOUT).unwrap().contains("projct"));
    assert_eq!(registry.default_tracer().project(), "two", "a wrong file changed the registry");
    fs::remove_file(&path).unwrap();
    assert!(reloads.recv_timeout(TIMEOUT).unwrap().contains("cannot read the file"));
    // the last good content again is no change
    fs::write(&path, yaml("two")).unwrap();
    std::thread::sleep(PERIOD * 20);
    assert!(reloads.try_recv().is_err(), "a reload was reported without a change");
    fs::write(&path, yaml("three")).unwrap();
    assert_eq!(reloads.recv_timeout(TIMEOUT).unwrap(), "changed: main; kept: 0");
}

/// Kubernetes mounts a ConfigMap like this: the file is a link into a linked directory, and an
/// update replaces the link of the directory.
#[test]
fn a_moved_link_causes_a_reload() {
    let directory = Directory::new("link");
    for (version, project) in [("v1", "one"), ("v2", "two")] {
        fs::create_dir(directory.path(version)).unwrap();
        fs::write(directory.path(version).join("config.yaml"), yaml(project)).unwrap();
    }
    symlink("v1", directory.path("..data")).unwrap();
    symlink("..data/config.yaml", directory.path("config.yaml")).unwrap();
    let (registry, _guard, reloads) = watched(&directory.path("config.yaml"));
    symlink("v2", directory.path("..data_tmp")).unwrap();
    fs::rename(directory.path("..data_tmp"), directory.path("..data")).unwrap();
    assert_eq!(reloads.recv_timeout(TIMEOUT).unwrap(), "changed: main; kept: 0");
    assert_eq!(registry.default_tracer().project(), "two");
}

#[test]
fn a_reload_applies_the_changes_that_code_made() {
    let directory = Directory::new("altered");
    let path = directory.path("config.yaml");
    fs::write(&path, yaml("one")).unwrap();
    let spans = InMemoryExporter::new();
    let memory = spans.clone();
    let build = move |config: Config| {
        RegistryBuilder::from_config(config).map_tracers(|tracer| tracer.in_memory(&memory))
    };
    let registry = build(Config::from_path(&path).unwrap()).build().unwrap();
    assert!(matches!(registry.watch().start(), Err(ReloadError::Altered)));
    let (send, reloads) = channel();
    let report = move |_: &Result<_, ReloadError>| send.send(()).unwrap();
    let _guard = registry.watch().period(PERIOD).build_with(build).on_reload(report).start().unwrap();
    fs::write(&path, yaml("two")).unwrap();
    reloads.recv_timeout(TIMEOUT).unwrap();
    registry.default_tracer().in_span("work", || {});
    assert_eq!((spans.spans().len(), registry.default_tracer().project()), (1, "two"));
    assert!(matches!(Registry::from_yaml(&yaml("text")).unwrap().watch().start(), Err(ReloadError::NoFile)));
}
