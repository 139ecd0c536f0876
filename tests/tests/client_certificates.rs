//! Backends that refuse the client's certificate, over each protocol, by exporters and probes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "this test uses a part")]
mod fault_support;

use std::time::Duration;

use multitracer::config::Config;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;
use opentelemetry::KeyValue;

use self::fault_support::Certificates;

/// Connections for each protocol and certificate. The alert and the close race on each of them.
const ROUNDS: usize = 12;

const REQUIRED: &str = "the backend requires a client certificate";
const REFUSED: &str = "the backend refused the client certificate";

/// Over TLS 1.3 the client's handshake ends before the backend refuses the certificate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_certificate_is_named_over_each_protocol() {
    let plain = Receiver::start().await.unwrap();
    let (certificates, other) = (Certificates::new("refusing"), Certificates::new("refused"));
    let ca = certificates.path("ca.pem");
    let (cert, key) = (other.path("client.pem"), other.path("client.key"));
    let mut endpoints = Vec::new();
    for (kind, path, protocol) in
        [("otlp_http", "/v1/traces", "http/1.1"), ("otlp_http", "/v1/traces", "h2"), ("otlp_grpc", "", "h2")]
    {
        let port = certificates.serve(&plain.http_endpoint(), protocol).await.port();
        endpoints.push((kind, protocol, format!("https://localhost:{port}{path}")));
    }
    for (kind, protocol, endpoint) in &endpoints {
        for (has_certificate, expected) in [(false, REQUIRED), (true, REFUSED)] {
            let mut registry = Registry::builder().default_tracer("t0");
            for round in 0..ROUNDS {
                let tracer = TracerBuilder::new(format!("t{round}"));
                let tracer = match *kind {
                    "otlp_http" => tracer.otlp_http(&**endpoint),
                    _ => tracer.otlp_grpc(&**endpoint),
                };
                let tracer = tracer.tls_ca_file(&*ca).max_retries(0);
                let tracer = if has_certificate { tracer.tls_client(&*cert, &*key) } else { tracer };
                registry = registry.tracer(tracer);
            }
            let registry = registry.build().unwrap();
            for tracer in registry.tracers() {
                // a body that is larger than the buffers of the connection is written for longer
                let attribute = |n| KeyValue::new(format!("key{n}"), "x".repeat(10_000));
                tracer.in_span("work", || multitracer::enrich_span((0..100).map(attribute)));
            }
            let error = registry.shutdown_within(Duration::from_secs(20)).await.unwrap_err();
            for tracer in error.report().tracers() {
                let found = tracer.last_error.as_deref().unwrap();
                assert!(found.contains(expected), "{kind} over {protocol}: {found}");
            }
            let identity = if has_certificate {
                format!(", cert_file: \"{cert}\", key_file: \"{key}\"")
            } else {
                String::new()
            };
            let yaml = format!(
                "tracers: {{a: {{exporter: {{{kind}: {{endpoint: \"{endpoint}\", tls: {{ca_file: \"{ca}\"{identity}}}}}}}}}}}"
            );
            let config = Config::from_yaml(&yaml).unwrap();
            for _ in 0..ROUNDS {
                let outcome = config.probe("a", Duration::from_secs(5)).await[0].outcome().to_string();
                assert!(outcome.contains(expected), "{kind} over {protocol}: {outcome}");
            }
        }
    }
    assert_eq!(plain.spans().len(), 0);
}
