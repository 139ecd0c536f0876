//! A registry that follows its file when the process is told to.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::fs;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use multitracer::Registry;
use multitracer::error::ReloadError;

const SOON: Duration = Duration::from_secs(10);

fn yaml(project: &str) -> String {
    format!("tracers: {{main: {{project: {project}, exporter: console}}}}\n")
}

// one test: a signal is for the whole process
#[test]
fn sighup_reloads_and_tells_even_of_nothing_new() {
    let path = std::env::temp_dir().join(format!("multitracer-hangup-{}.yaml", std::process::id()));
    fs::write(&path, yaml("one")).unwrap();
    let registry = Registry::from_path(&path).unwrap();
    let (send, told) = channel();
    let tell = move |result: &Result<_, ReloadError>| send.send(result.is_ok()).unwrap();
    let rare = Duration::from_secs(3600);
    let watching = registry.watch().period(rare).on_reload(tell).start().unwrap();
    let hang_up = || {
        let pid = std::process::id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    hang_up();
    assert!(told.recv_timeout(SOON).unwrap());
    fs::write(&path, yaml("two")).unwrap();
    hang_up();
    assert!(told.recv_timeout(SOON).unwrap());
    assert_eq!(registry.default_tracer().project(), "two");
    fs::remove_file(&path).unwrap();
    drop(watching);
    assert!(told.recv_timeout(SOON).is_err(), "the watch has ended");
}
