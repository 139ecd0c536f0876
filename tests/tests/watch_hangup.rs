//! A watch that reloads a registry on the signal SIGHUP.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::fs;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use multitracer::Registry;
use multitracer::error::ReloadError;

/// The time after which the test fails.
const TIMEOUT: Duration = Duration::from_secs(10);

fn yaml(project: &str) -> String {
    format!("tracers: {{main: {{project: {project}, exporter: console}}}}\n")
}

// one test, because a signal reaches the whole process
#[test]
fn sighup_reloads_and_reports_even_without_a_change() {
    let path = std::env::temp_dir().join(format!("multitracer-hangup-{}.yaml", std::process::id()));
    fs::write(&path, yaml("one")).unwrap();
    let registry = Registry::from_path(&path).unwrap();
    let (send, reloads) = channel();
    let report = move |result: &Result<_, ReloadError>| send.send(result.is_ok()).unwrap();
    let long_period = Duration::from_secs(3600);
    let guard = registry.watch().period(long_period).on_reload(report).start().unwrap();
    let hang_up = || {
        let pid = std::process::id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    };
    hang_up();
    assert!(reloads.recv_timeout(TIMEOUT).unwrap());
    fs::write(&path, yaml("two")).unwrap();
    hang_up();
    assert!(reloads.recv_timeout(TIMEOUT).unwrap());
    assert_eq!(registry.default_tracer().project(), "two");
    fs::remove_file(&path).unwrap();
    drop(guard);
    assert!(reloads.recv_timeout(TIMEOUT).is_err(), "the watch reported a reload after its end");
}
