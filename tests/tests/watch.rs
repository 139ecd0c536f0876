//! A watch that reloads a registry when its file changes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

mod temporary_folder;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use multitracer::Registry;
use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::error::ReloadError;
use multitracer::export::InMemoryExporter;
use multitracer::reload::WatchGuard;

use self::temporary_folder::TemporaryFolder;

/// The period of the watch.
const PERIOD: Duration = Duration::from_millis(20);
/// The time after which a test fails.
const TIMEOUT: Duration = Duration::from_secs(10);

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
    let folder = TemporaryFolder::new("watch-file");
    let path = folder.path("config.yaml");
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
    let folder = TemporaryFolder::new("watch-link");
    for (version, project) in [("v1", "one"), ("v2", "two")] {
        fs::create_dir(folder.path(version)).unwrap();
        fs::write(folder.path(version).join("config.yaml"), yaml(project)).unwrap();
    }
    symlink("v1", folder.path("..data")).unwrap();
    symlink("..data/config.yaml", folder.path("config.yaml")).unwrap();
    let (registry, _guard, reloads) = watched(&folder.path("config.yaml"));
    symlink("v2", folder.path("..data_tmp")).unwrap();
    fs::rename(folder.path("..data_tmp"), folder.path("..data")).unwrap();
    assert_eq!(reloads.recv_timeout(TIMEOUT).unwrap(), "changed: main; kept: 0");
    assert_eq!(registry.default_tracer().project(), "two");
}

/// Kubernetes mounts a Secret in the same way, beside a configuration that does not change.
#[test]
fn a_changed_secret_causes_a_reload_and_is_never_shown() {
    let folder = TemporaryFolder::new("watch-secret");
    let volume = folder.path("secrets");
    let write = |version: &str, key: &str| {
        fs::create_dir_all(volume.join(version)).unwrap();
        fs::write(volume.join(version).join("key"), key).unwrap();
        symlink(version, volume.join("..data_tmp")).unwrap();
        fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    };
    write("..v1", "s3cr3t-number-one\n");
    symlink("..data/key", volume.join("key")).unwrap();
    let yaml = "tracers: {main: {api_key: \"${file:secrets/key}\", exporter: {otlp_http: {endpoint: \"http://127.0.0.1:1/v1/traces\"}}}}\n";
    fs::write(folder.path("config.yaml"), yaml).unwrap();
    let (_registry, _guard, reloads) = watched(&folder.path("config.yaml"));
    let mut shown = Vec::new();
    let mut next = || {
        shown.push(reloads.recv_timeout(TIMEOUT).unwrap());
        shown.last().unwrap().clone()
    };
    // the texts have the same length
    for (version, key) in [("..v2", "s3cr3t-number-two\n"), ("..v3", "s3cr3t-number-six\n")] {
        write(version, key);
        assert_eq!(next(), "changed: main; kept: 0");
    }
    // a secret that is gone for a while is reported once
    fs::remove_file(volume.join("..v3/key")).unwrap();
    assert!(next().contains("cannot read the file `secrets/key`: there is no such file"));
    std::thread::sleep(PERIOD * 20);
    assert!(reloads.try_recv().is_err(), "an error was reported twice");
    write("..v4", "s3cr3t-number-ten\n");
    assert!(next().starts_with("changed: main"));
    // the same text in another file is no change
    write("..v5", "s3cr3t-number-ten\n");
    std::thread::sleep(PERIOD * 20);
    assert!(reloads.try_recv().is_err(), "a reload was reported without a change");
    assert!(!shown.concat().contains("s3cr3t"), "{shown:?}");
}

#[test]
fn a_reload_applies_the_changes_that_code_made() {
    let folder = TemporaryFolder::new("watch-altered");
    let path = folder.path("config.yaml");
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
