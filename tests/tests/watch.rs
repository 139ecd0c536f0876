//! A registry that follows its file by looking at it.
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

const LOOK: Duration = Duration::from_millis(20);
const SOON: Duration = Duration::from_secs(10);

/// A directory of its own, removed at the end.
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

fn watched(path: &Path) -> (Registry, WatchGuard, Receiver<String>) {
    let registry = Registry::from_path(path).unwrap();
    let (send, told) = channel();
    let tell = move |result: &Result<_, ReloadError>| {
        let text = result.as_ref().map_or_else(|error: &ReloadError| error.to_string(), ToString::to_string);
        let _ = send.send(text);
    };
    let watching = registry.watch().period(LOOK).on_reload(tell).start().unwrap();
    (registry, watching, told)
}

#[test]
fn a_file_that_changes_is_reloaded_and_a_wrong_one_is_reported_once() {
    let directory = Directory::new("file");
    let path = directory.path("config.yaml");
    fs::write(&path, yaml("one")).unwrap();
    let (registry, _watching, told) = watched(&path);
    // of the same length, and maybe within the same tick of the clock
    fs::write(&path, yaml("two")).unwrap();
    assert_eq!(told.recv_timeout(SOON).unwrap(), "changed: main; kept: 0");
    assert_eq!(registry.default_tracer().project(), "two");
    fs::write(&path, "tracers: {main: {projct: x}}").unwrap();
    assert!(told.recv_timeout(SOON).unwrap().contains("projct"));
    assert_eq!(registry.default_tracer().project(), "two", "nothing changed");
    fs::remove_file(&path).unwrap();
    assert!(told.recv_timeout(SOON).unwrap().contains("cannot read the file"));
    // the same as before it went wrong is no news
    fs::write(&path, yaml("two")).unwrap();
    std::thread::sleep(LOOK * 20);
    assert!(told.try_recv().is_err(), "told once, and of nothing that stayed as it was");
    fs::write(&path, yaml("three")).unwrap();
    assert_eq!(told.recv_timeout(SOON).unwrap(), "changed: main; kept: 0");
}

/// As Kubernetes mounts a ConfigMap: the file is a link into a directory that is a link, and that one is replaced.
#[test]
fn a_link_that_is_moved_is_a_change() {
    let directory = Directory::new("link");
    for (version, project) in [("v1", "one"), ("v2", "two")] {
        fs::create_dir(directory.path(version)).unwrap();
        fs::write(directory.path(version).join("config.yaml"), yaml(project)).unwrap();
    }
    symlink("v1", directory.path("..data")).unwrap();
    symlink("..data/config.yaml", directory.path("config.yaml")).unwrap();
    let (registry, _watching, told) = watched(&directory.path("config.yaml"));
    symlink("v2", directory.path("..data_tmp")).unwrap();
    fs::rename(directory.path("..data_tmp"), directory.path("..data")).unwrap();
    assert_eq!(told.recv_timeout(SOON).unwrap(), "changed: main; kept: 0");
    assert_eq!(registry.default_tracer().project(), "two");
}

#[test]
fn what_code_does_to_a_file_is_done_again() {
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
    let (send, told) = channel();
    let tell = move |_: &Result<_, ReloadError>| send.send(()).unwrap();
    let _watching = registry.watch().period(LOOK).build_with(build).on_reload(tell).start().unwrap();
    fs::write(&path, yaml("two")).unwrap();
    told.recv_timeout(SOON).unwrap();
    registry.default_tracer().in_span("work", || {});
    assert_eq!((spans.spans().len(), registry.default_tracer().project()), (1, "two"));
    assert!(matches!(Registry::from_yaml(&yaml("text")).unwrap().watch().start(), Err(ReloadError::NoFile)));
}
