//! Credentials of `defaults` that a tracer removes with a null: they never reach the wire.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use multitracer::Registry;
use multitracer_tests::Receiver;

/// Returns the header `name` of the requests of each project.
async fn sent(receiver: &Receiver, yaml: &str, name: &str) -> BTreeMap<String, Option<String>> {
    let registry = Registry::from_yaml(yaml).unwrap();
    for tracer in registry.tracers() {
        tracer.in_span("work", || {});
    }
    let tracers = registry.tracers().len() as u64;
    let report = registry.shutdown().await.unwrap();
    assert_eq!(report.tracers().iter().map(|tracer| tracer.exported).sum::<u64>(), tracers, "{report}");
    let requests = receiver.requests();
    let header = |request: usize| requests[request].headers.get(name).cloned();
    receiver.spans().iter().map(|span| (span.project().to_owned(), header(span.request))).collect()
}

/// Returns the headers by project that a test expects. An empty text stands for no header.
fn expected(pairs: &[(&str, &str)]) -> BTreeMap<String, Option<String>> {
    let header = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    pairs.iter().map(|(project, value)| ((*project).to_owned(), header(value))).collect()
}

#[tokio::test]
async fn a_null_keeps_an_inherited_api_key_off_the_wire() {
    let receiver = Receiver::start().await.unwrap();
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let yaml = format!(
        "
default_tracer: sibling
defaults:
  api_key: base
  exporter: {{otlp_http: {{endpoint: \"{http}\"}}}}
tracers:
  sibling:
  own: {{api_key: own}}
  null-key: {{api_key: null}}
  null-header: {{exporter: {{otlp_http: {{headers: {{Authorization: null}}}}}}}}
  own-header: {{api_key: null, exporter: {{otlp_http: {{headers: {{authorization: Bearer header}}}}}}}}
  grpc: {{exporter: {{otlp_grpc: {{endpoint: \"{grpc}\"}}}}}}
  grpc-null-key: {{api_key: null, exporter: {{otlp_grpc: {{endpoint: \"{grpc}\"}}}}}}
  grpc-null-header: {{exporter: {{otlp_grpc: {{endpoint: \"{grpc}\", headers: {{authorization: null}}}}}}}}
"
    );
    let base = "Bearer base";
    let projects = [
        ("sibling", base),
        ("own", "Bearer own"),
        ("null-key", ""),
        ("null-header", ""),
        ("own-header", "Bearer header"),
        ("grpc", base),
        ("grpc-null-key", ""),
        ("grpc-null-header", ""),
    ];
    assert_eq!(sent(&receiver, &yaml, "authorization").await, expected(&projects));
}

#[tokio::test]
async fn a_null_keeps_an_inherited_header_off_the_wire() {
    for form in ["exporter: {otlp_http: {headers: {X-API-KEY: null}}}", "api_key: null"] {
        let receiver = Receiver::start().await.unwrap();
        let http = receiver.http_endpoint();
        for (key, sent_key) in [("api_key: base", "base"), ("", "in-header")] {
            let headers = if key.is_empty() { "{x-api-key: in-header, x-team: t}" } else { "{x-team: t}" };
            let project = |name: &str| format!("{name}-{sent_key}");
            let yaml = format!(
                "
default_tracer: sibling
defaults:
  backend: langsmith
  {key}
  exporter: {{otlp_http: {{endpoint: \"{http}\", headers: {headers}}}}}
tracers:
  sibling: {{project: {}}}
  removed: {{project: {}, {form}}}
",
                project("sibling"),
                project("removed"),
            );
            let mut sent = sent(&receiver, &yaml, "x-api-key").await;
            sent.retain(|project, _| project.ends_with(sent_key));
            let (sibling, removed) = (project("sibling"), project("removed"));
            assert_eq!(sent, expected(&[(&sibling, sent_key), (&removed, "")]), "{yaml}");
        }
        assert!(receiver.requests().iter().all(|request| request.headers["x-team"] == "t"));
    }
}
