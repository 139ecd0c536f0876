//! Requests to a real server, whose spans reach a real receiver over OTLP.
//!
//! Each span arrives only in the project that its request was routed to. Each trace is whole. Each
//! credential is on the requests of its own tracer only.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Path};
use axum::http::StatusCode;
use axum::routing::get;
use futures_util::future::join_all;
use multitracer::builder::RouteBuilder;
use multitracer::{Registry, TracerBuilder, traced};
use multitracer_tests::{Protocol, ReceivedSpan, Receiver};

const TRACERS: [&str; 3] = ["production", "canary", "shadow"];
const REQUESTS: usize = 1000;

#[traced(fields(request.number = n))]
async fn answer(n: usize) -> Result<usize, TooUnlucky> {
    let looked_up = look_up(n).await;
    let (left, right) = tokio::join!(half(looked_up, "left"), half(looked_up, "right"));
    if n % 100 == 13 { Err(TooUnlucky) } else { Ok(score(left + right)) }
}

#[traced(kind = "client")]
async fn look_up(n: usize) -> usize {
    tokio::time::sleep(Duration::from_micros(200)).await;
    n
}

#[traced(fields(side))]
async fn half(n: usize, side: &str) -> usize {
    tokio::task::yield_now().await;
    // another task, which often runs on another thread
    tokio::spawn(spawned(n + side.len())).await.unwrap()
}

#[traced]
async fn spawned(n: usize) -> usize {
    n / 2
}

#[traced]
fn score(n: usize) -> usize {
    (0..3).map(|part| part_of(n, part)).sum()
}

#[traced]
fn part_of(n: usize, part: usize) -> usize {
    n % (part + 1)
}

#[derive(Debug)]
struct TooUnlucky;

/// Returns the number of spans of a request.
///
/// These are the server's span, `answer`, `look_up`, and two times `half` with its task. A request
/// that succeeds has also `score` with its three parts.
fn spans_of(n: usize) -> usize {
    if n % 100 == 13 { 7 } else { 11 }
}

fn app(registry: &Registry) -> Router {
    let handler = |Path(n): Path<usize>| async move {
        match answer(n).await {
            Ok(score) => (StatusCode::OK, score.to_string()),
            Err(TooUnlucky) => (StatusCode::INTERNAL_SERVER_ERROR, "unlucky".to_owned()),
        }
    };
    let layer = registry
        .http_layer()
        .with_http_route(|extensions| Some(extensions.get::<MatchedPath>()?.as_str().to_owned()));
    Router::new().route("/answer/{n}", get(handler)).layer(layer)
}

fn tracer(name: &str, receiver: &Receiver, protocol: Protocol) -> TracerBuilder {
    let tracer = TracerBuilder::new(name).project(format!("{name}-project")).max_queue_size(100_000);
    let tracer = match protocol {
        Protocol::HttpProtobuf => tracer.otlp_http(receiver.http_endpoint()).gzip(),
        Protocol::HttpJson => tracer.otlp_http_json(receiver.http_endpoint()),
        Protocol::Grpc => tracer.otlp_grpc(receiver.grpc_endpoint()).gzip(),
    };
    tracer.header("authorization", format!("Bearer key-of-{name}")).header(format!("x-only-{name}"), "yes")
}

/// Returns the tracer of request `n`, and the header that selects it.
fn expected_route(n: usize) -> (&'static str, Option<(&'static str, &'static str)>) {
    match n % 4 {
        0 => ("canary", Some(("X-CANARY-USER", "true"))),
        1 => ("shadow", Some(("x-shadow-traffic", "true"))),
        // no route has this value
        2 => ("production", Some(("x-canary-user", "TRUE"))),
        _ => ("production", None),
    }
}

async fn mixed_traffic(protocol: Protocol) {
    let receiver = Receiver::start().await.unwrap();
    let mut builder = Registry::builder().default_tracer("production");
    for name in TRACERS {
        builder = builder.tracer(tracer(name, &receiver, protocol));
    }
    let registry = builder
        .route(RouteBuilder::to_tracer("canary-users", "canary").header("X-Canary-User", "true"))
        .route(RouteBuilder::to_tracer("shadow", "shadow").header("X-Shadow-Traffic", "true"))
        .build()
        .unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app(&registry)).into_future());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let statuses = join_all((0..REQUESTS).map(|n| {
        let mut request = client.get(format!("http://{address}/answer/{n}"));
        if let (_, Some((name, value))) = expected_route(n) {
            request = request.header(name, value);
        }
        async move {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            response.bytes().await.unwrap();
            status
        }
    }))
    .await;
    assert_eq!(statuses.iter().filter(|status| **status == 500).count(), REQUESTS / 100);
    server.abort();

    let report = registry.shutdown().await.unwrap();
    let expected: usize = (0..REQUESTS).map(spans_of).sum();
    let exported: u64 = report.tracers().iter().map(|tracer| tracer.exported).sum();
    assert_eq!(exported, expected as u64, "{report}");
    for tracer in report.tracers() {
        assert_eq!(
            (tracer.started, tracer.open(), tracer.dropped.total()),
            (tracer.exported, 0, 0),
            "{report}"
        );
    }

    let spans = receiver.spans();
    assert_eq!(spans.len(), expected);
    check_projects(&spans);
    check_traces(&spans);
    check_credentials(&receiver, &spans, protocol);
}

/// Checks that each span is in the project that its request was routed to, and in no other.
fn check_projects(spans: &[ReceivedSpan]) {
    let mut numbers = BTreeMap::new();
    for span in spans.iter().filter(|span| span.name() == "answer") {
        let n: usize = span.attribute("request.number").unwrap().parse().unwrap();
        assert_eq!(span.project(), format!("{}-project", expected_route(n).0), "request {n}");
        assert!(numbers.insert(span.trace_id(), n).is_none(), "a request has one trace");
    }
    assert_eq!(numbers.len(), REQUESTS);
    let mut counts = BTreeMap::<usize, usize>::new();
    for span in spans {
        let n = numbers[&span.trace_id()];
        assert_eq!(
            span.project(),
            format!("{}-project", expected_route(n).0),
            "{} of request {n}",
            span.name()
        );
        *counts.entry(n).or_default() += 1;
    }
    for (n, count) in counts {
        assert_eq!(count, spans_of(n), "request {n}");
    }
}

/// Checks that each trace has one root, the server's span, and that no parent is missing.
fn check_traces(spans: &[ReceivedSpan]) {
    let ids: BTreeSet<_> = spans.iter().map(|span| (span.trace_id(), span.span_id())).collect();
    assert_eq!(ids.len(), spans.len(), "no span arrived twice");
    let mut roots = BTreeMap::<_, usize>::new();
    for span in spans {
        if span.parent_id().is_empty() {
            assert_eq!((span.name(), span.span.kind), ("GET /answer/{n}", 2));
            *roots.entry(span.trace_id()).or_default() += 1;
        } else {
            assert!(ids.contains(&(span.trace_id(), span.parent_id())), "{} lost its parent", span.name());
        }
        let failed = span.attribute("http.response.status_code").as_deref() == Some("500");
        if failed || (span.name() == "answer" && span.is_error()) {
            assert!(span.is_error());
            let error_type = span.attribute("error.type").unwrap();
            assert!(error_type == "500" || error_type == "end_to_end::TooUnlucky", "{error_type}");
        }
    }
    assert_eq!(roots.len(), REQUESTS);
    assert!(roots.values().all(|count| *count == 1));
}

/// Checks that each request carries the headers of one tracer, and of no other.
fn check_credentials(receiver: &Receiver, spans: &[ReceivedSpan], protocol: Protocol) {
    let requests = receiver.requests();
    for (at, request) in requests.iter().enumerate() {
        assert_eq!(request.protocol, protocol);
        let projects: BTreeSet<_> =
            spans.iter().filter(|span| span.request == at).map(|span| span.project().to_owned()).collect();
        assert_eq!(projects.len(), 1, "an export request has spans of one tracer");
        for name in TRACERS {
            let own = projects.contains(&format!("{name}-project"));
            let key = format!("Bearer key-of-{name}");
            assert_eq!(request.headers.get("authorization") == Some(&key), own);
            assert_eq!(request.headers.contains_key(&format!("x-only-{name}")), own);
        }
    }
    let senders: BTreeSet<_> =
        requests.iter().filter_map(|request| request.headers.get("authorization")).collect();
    assert_eq!(senders.len(), TRACERS.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_traffic_arrives_in_its_projects_over_http_protobuf() {
    mixed_traffic(Protocol::HttpProtobuf).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_traffic_arrives_in_its_projects_over_http_json() {
    mixed_traffic(Protocol::HttpJson).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_traffic_arrives_in_its_projects_over_grpc() {
    mixed_traffic(Protocol::Grpc).await;
}
