//! A key in a mounted file, which changes while the process runs.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod temporary_folder;

use std::fs;

use multitracer::Registry;
use multitracer_tests::Receiver;

use self::temporary_folder::TemporaryFolder;

#[tokio::test]
async fn a_reload_takes_the_new_key_of_a_mounted_file() {
    let receiver = Receiver::start().await.unwrap();
    let folder = TemporaryFolder::new("mounted");
    let endpoint = receiver.http_endpoint();
    let text = format!(
        "tracers: {{main: {{api_key: \"${{file:key}}\", exporter: {{otlp_http: {{endpoint: \"{endpoint}\"}}}}}}}}"
    );
    fs::write(folder.path("config.yaml"), text).unwrap();
    fs::write(folder.path("key"), "first\n").unwrap();
    let registry = Registry::from_path(folder.path("config.yaml")).unwrap();
    registry.tracer("main").unwrap().in_span("one", || {});
    registry.flush().await.unwrap();

    fs::write(folder.path("key"), "second\n").unwrap();
    registry.tracer("main").unwrap().in_span("two", || {});
    registry.flush().await.unwrap();
    registry.reload_from_file().unwrap();
    registry.tracer("main").unwrap().in_span("three", || {});
    registry.flush().await.unwrap();

    fs::remove_file(folder.path("key")).unwrap();
    let error = registry.reload_from_file().unwrap_err().to_string();
    assert!(error.contains("cannot read the file `key`: there is no such file"), "{error}");
    registry.shutdown().await.unwrap();

    let requests = receiver.requests();
    let keys: Vec<_> = requests.iter().map(|request| &*request.headers["authorization"]).collect();
    assert_eq!(keys, ["Bearer first", "Bearer first", "Bearer second"]);
}
