//! The spans of an axum service and a tonic service under mixed traffic.
//!
//! The test runs for 2 seconds, or for the seconds in `MULTITRACER_LOAD_SECONDS`:
//! `MULTITRACER_LOAD_SECONDS=30 cargo test -p multitracer-tests --test mixed_load -- --nocapture`
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "prints its counts")]

mod http_server;
mod services;

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use futures_util::{StreamExt as _, stream};
use multitracer::testing::TestRegistry;
use multitracer::{KeyValue, Registry, assert_isolated, assert_no_orphans, enrich_span, traced};
use opentelemetry_sdk::trace::SpanData;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;

use self::http_server::serve_http;
use self::services::{Client, ask, client, read, serve_grpc, wait_until_spans_end};

const CONNECTIONS: usize = 64;
/// Requests of each connection in a round. After a round, the test checks all spans.
const REQUESTS: usize = 12;

const EDGE: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}, shadow: {}, warm: {}, terse: {}, audit: {}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
  - {name: shadow, headers: {X-Shadow-Traffic: "true"}, tracer: shadow}
  - {name: paying, headers: [{name: X-Plan, type: present}], experiment: tone}
experiments:
  tone: {unit: {header: X-User-Id}, variants: [{name: warm}, {name: terse}]}
"#;

/// A configuration that routes only by the baggage of the edge.
const BACKEND: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}, shadow: {}, warm: {}, terse: {}}
routes:
  - {name: canary-users, headers: [{name: X-Never, type: present}], tracer: canary}
  - {name: shadow, headers: [{name: X-Never, type: present}], tracer: shadow}
  - {name: paying, headers: [{name: X-Never, type: present}], experiment: tone}
experiments:
  tone: {variants: [{name: warm}, {name: terse}]}
baggage: {trusted: true, attributes: {expected: }}
"#;

/// Kinds of requests: the headers, and the tracer of all spans; `?` stands for a variant's tracer.
const KINDS: [(&[(&str, &str)], &str); 8] = [
    (&[], "production"),
    (&[("x-canary-user", "true")], "canary"),
    (&[("x-shadow-traffic", "true")], "shadow"),
    (&[("x-plan", "pro"), ("x-user-id", "user-42")], "?"),
    (&[("x-plan", "team"), ("x-user-id", "user-1")], "?"),
    (&[("x-plan", "team")], "production"),
    (&[("x-canary-user", "True")], "production"),
    (&[("baggage", "multitracer.route=canary-users"), ("tracer", "canary")], "production"),
];

#[traced]
async fn work(expected: &str) {
    enrich_span([KeyValue::new("expected", expected.to_owned())]);
    tokio::join!(step(expected.to_owned()), async { note(expected) });
    // the future of a traced call keeps its parent on another task
    tokio::spawn(step(expected.to_owned())).await.unwrap();
    let own = expected.to_owned();
    multitracer::spawn_blocking(move || plain(&own)).await.unwrap();
}

#[traced(fields(expected = %expected))]
async fn step(expected: String) {
    tokio::task::yield_now().await;
}

#[traced(fields(expected))]
fn plain(expected: &str) {}

#[traced(tracer = "audit")]
fn note(expected: &str) {
    // a second span of the same tracer
    plain_of(expected);
}

#[traced(tracer = "audit", fields(expected = "audit"))]
fn plain_of(_expected: &str) {}

async fn handler(State(mut backend): State<Client>, headers: HeaderMap) -> Body {
    let expected = headers["x-expected"].to_str().unwrap().to_owned();
    work(&expected).await;
    let length = if headers.contains_key("x-long") { "40" } else { "3" };
    assert!(read(&mut backend, ask(length)).await.is_ok());
    let chunks = stream::iter(0..4).then(move |_| {
        let expected = expected.clone();
        async move {
            step(expected).await;
            Ok::<_, Infallible>(Bytes::from_static(b"chunk"))
        }
    });
    Body::from_stream(chunks)
}

/// Returns the headers of request `number` of a connection, and the tracer of all its spans.
fn kind(edge: &Registry, number: usize) -> (&'static [(&'static str, &'static str)], String) {
    let (headers, tracer) = KINDS[number % KINDS.len()];
    let tracer = match tracer {
        // the hash of the unit decides the variant
        "?" => edge.route(headers).tracer().name().to_owned(),
        tracer => tracer.to_owned(),
    };
    (headers, tracer)
}

async fn http_connection(edge: Registry, url: String, number: usize) {
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build().unwrap();
    for request in 0..REQUESTS {
        let (headers, tracer) = kind(&edge, number + request);
        let mut sent = client.get(&url).header("x-expected", &tracer);
        for (name, value) in headers {
            sent = sent.header(*name, *value);
        }
        if request % 5 == 0 {
            sent = sent.header("x-long", "yes");
        }
        let mut response = sent.send().await.unwrap();
        assert_eq!(response.headers()["x-tracer"], *tracer);
        if (number + request) % 11 == 3 {
            // disconnect in the middle of the body
            response.chunk().await.unwrap();
        } else {
            response.bytes().await.unwrap();
        }
    }
}

async fn grpc_connection(edge: Registry, address: String, number: usize) {
    // a plain client, so that the forged headers are sent
    let channel = Channel::from_shared(address).unwrap().connect_lazy();
    let mut client = HealthClient::new(channel);
    for request in 0..REQUESTS {
        let (headers, tracer) = kind(&edge, number + request);
        let mut message = ask(&format!("{} {tracer}", if request % 5 == 0 { 40 } else { 3 }));
        for (name, value) in headers {
            message.metadata_mut().insert(*name, value.parse().unwrap());
        }
        let mut answers = client.watch(message).await.unwrap();
        assert_eq!(answers.metadata().get("x-tracer").unwrap(), &*tracer);
        while answers.get_mut().message().await.unwrap().is_some() {
            if (number + request) % 11 == 3 {
                break;
            }
        }
    }
}

/// Checks the project and the parent of each span, and returns the number of spans.
fn check_spans(edge: &TestRegistry, backend: &TestRegistry) -> usize {
    let mut count = 0;
    for test in [edge, backend] {
        assert_isolated!(test);
        assert_no_orphans!(test);
    }
    for tracer in edge.registry().tracers() {
        let at_edge = edge.spans(tracer.name());
        let at_backend = if tracer.name() == "audit" { Vec::new() } else { backend.spans(tracer.name()) };
        count += at_edge.len() + at_backend.len();
        for span in at_edge.iter().chain(&at_backend) {
            let expected = span.attributes.iter().find(|attribute| attribute.key.as_str() == "expected");
            if let Some(expected) = expected {
                assert_eq!(expected.value.as_str(), tracer.name(), "`{}` is in the wrong project", span.name);
            }
        }
        let key = |span: &SpanData| (span.span_context.trace_id(), span.span_context.span_id());
        let here: HashSet<_> = at_edge.iter().map(key).collect();
        for span in at_backend.iter().filter(|span| span.parent_span_is_remote) {
            let parent = (span.span_context.trace_id(), span.parent_span_id);
            assert!(here.contains(&parent), "`{}` of {} is an orphan", span.name, tracer.name());
        }
        assert!(
            at_backend.iter().all(|span| span.parent_span_is_remote || span.name == "chunk"),
            "the backend began a trace of its own"
        );
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn mixed_traffic_makes_no_span_in_a_wrong_project_and_no_orphan() {
    let seconds = std::env::var("MULTITRACER_LOAD_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(2));
    let edge = TestRegistry::from_yaml(EDGE).unwrap();
    let backend = TestRegistry::from_yaml(BACKEND).unwrap();
    let target = client(&serve_grpc(backend.registry().http_layer()).await);
    let layer = edge.registry().http_layer().with_matched_path();
    let layer = layer.response_header(axum::http::HeaderName::from_static("x-tracer"));
    let app = Router::new().route("/work", get(handler)).layer(layer).with_state(target);
    let url = format!("{}/work", serve_http(app).await);

    // the same registry serves gRPC too
    let layer = edge.registry().http_layer().response_header(axum::http::HeaderName::from_static("x-tracer"));
    let address = serve_grpc(layer).await;

    let (mut rounds, mut spans) = (0, 0);
    loop {
        let all: Vec<_> = (0..CONNECTIONS)
            .map(|number| match number % 2 {
                0 => tokio::spawn(http_connection(edge.registry().clone(), url.clone(), number)),
                _ => tokio::spawn(grpc_connection(edge.registry().clone(), address.clone(), number)),
            })
            .collect();
        for connection in all {
            connection.await.unwrap();
        }
        wait_until_spans_end(&[&edge, &backend]).await;
        let found = check_spans(&edge, &backend);
        // each request has a server span with at least four spans inside
        assert!(found > CONNECTIONS * REQUESTS * 4, "{found} spans");
        edge.clear();
        backend.clear();
        rounds += 1;
        spans += found;
        if Instant::now() >= end {
            break;
        }
    }
    println!(
        "{} requests over {CONNECTIONS} connections, half of them gRPC, {spans} spans: no span in a wrong project, no orphan",
        rounds * CONNECTIONS * REQUESTS
    );
}
