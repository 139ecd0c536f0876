//! The server layer: routes, remote parents, status, and the start and end of a request's span.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use futures_util::stream;
use multitracer::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
use multitracer::config::RemoteParent;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, traced};
use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

fn fixture(change: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> TestRegistry {
    let builder = Registry::builder()
        .tracer(TracerBuilder::new("production"))
        .tracer(TracerBuilder::new("canary"))
        .default_tracer("production")
        .route(RouteBuilder::to_tracer("canary-users", "canary").header("X-Canary-User", "true"))
        .route(RouteBuilder::to_experiment("paying", "tone").header_present("X-Plan"))
        .experiment(
            ExperimentBuilder::new("tone")
                .unit_header(http::HeaderName::from_static("x-user-id"))
                .variant("only", 1, "canary"),
        );
    TestRegistry::from_builder(change(builder)).unwrap()
}

/// Returns the last span of the production tracer, and clears all spans.
fn take_last_span(test: &TestRegistry) -> SpanData {
    let span = test.spans("production").pop().unwrap();
    test.clear();
    span
}

#[traced]
async fn inner() {
    tokio::task::yield_now().await;
}

async fn ok(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
    inner().await;
    Ok(Response::new(Body::from("hello")))
}

/// Sends a request through the layer and reads the whole body.
async fn send(registry: &Registry, request: Request<Body>) -> StatusCode {
    let response = registry.http_layer().layer(service_fn(ok)).oneshot(request).await.unwrap();
    let status = response.status();
    axum::body::to_bytes(Body::new(response.into_body()), 1024).await.unwrap();
    status
}

fn request(headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/path?q=1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.to_string())
}

const TRACEPARENT: (&str, &str) = ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01");

#[tokio::test]
async fn a_routed_request_stays_on_its_tracer() {
    let f = fixture(|builder| builder);
    send(
        f.registry(),
        request(&[("x-canary-user", "true"), ("host", "shop.example:8080"), ("user-agent", "test")]),
    )
    .await;
    assert!(f.spans("production").is_empty());
    let [child, server] = &f.spans("canary")[..] else { unreachable!("two spans") };
    assert_eq!((&*child.name, &*server.name), ("inner", "GET"));
    assert_eq!(child.parent_span_id, server.span_context.span_id());
    assert_eq!((server.parent_span_id, &server.span_kind), (SpanId::INVALID, &SpanKind::Server));
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.path", "/path"),
        ("url.query", "q=1"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("server.port", "8080"),
        ("user_agent.original", "test"),
        ("http.response.status_code", "200"),
        ("multitracer.route", "canary-users"),
    ] {
        assert_eq!(attribute(server, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(server.status, Status::Unset);
}

#[tokio::test]
async fn an_experiment_is_recorded_on_the_server_span() {
    let f = fixture(|builder| builder);
    send(f.registry(), request(&[("x-plan", "pro"), ("x-user-id", "user-42")])).await;
    send(f.registry(), request(&[("x-plan", "pro")])).await;
    let server = f.spans("canary").pop().unwrap();
    assert_eq!(attribute(&server, "feature_flag.key").as_deref(), Some("tone"));
    assert_eq!(attribute(&server, "feature_flag.result.variant").as_deref(), Some("only"));
    assert_eq!(attribute(&server, "feature_flag.result.reason").as_deref(), Some("split"));
    let fallback = f.spans("production").pop().unwrap();
    assert_eq!(attribute(&fallback, "feature_flag.result.variant"), None);
    assert_eq!(attribute(&fallback, "feature_flag.result.reason").as_deref(), Some("default"));
}

#[tokio::test]
async fn a_caller_is_a_parent_for_the_default_tracer_and_a_link_for_others() {
    let f = fixture(|builder| builder);
    send(f.registry(), request(&[TRACEPARENT])).await;
    send(f.registry(), request(&[TRACEPARENT, ("x-canary-user", "true")])).await;
    let server = f.spans("production").pop().unwrap();
    assert_eq!((server.span_context.trace_id(), server.parent_span_id), (TraceId::from(7), SpanId::from(9)));
    let server = f.spans("canary").pop().unwrap();
    assert_ne!(server.span_context.trace_id(), TraceId::from(7));
    assert_eq!(server.parent_span_id, SpanId::INVALID);
    let links: Vec<_> = server.links.iter().map(|link| link.span_context.span_id()).collect();
    assert_eq!(links, [SpanId::from(9)]);
}

#[tokio::test]
async fn a_remote_parent_can_be_forced_or_refused() {
    let f = fixture(|builder| builder.remote_parent(RemoteParent::Child));
    send(f.registry(), request(&[TRACEPARENT, ("x-canary-user", "true")])).await;
    assert_eq!(f.spans("canary").pop().unwrap().parent_span_id, SpanId::from(9));
    let f = fixture(|builder| builder.remote_parent(RemoteParent::Link));
    send(f.registry(), request(&[TRACEPARENT])).await;
    assert_eq!(f.spans("production").pop().unwrap().parent_span_id, SpanId::INVALID);
}

#[tokio::test]
async fn a_request_of_an_unsampled_caller_is_unsampled() {
    let f = fixture(|builder| builder);
    send(
        f.registry(),
        request(&[("traceparent", "00-00000000000000000000000000000007-0000000000000009-00")]),
    )
    .await;
    assert!(f.spans("production").is_empty());
}

#[tokio::test]
async fn forged_headers_select_no_tracer() {
    let f = fixture(|builder| builder);
    for headers in [
        &[("x-canary-user", "TRUE")][..],
        &[("x-canary-user", "true"), ("x-canary-user", "true")],
        &[("baggage", "multitracer.route=canary-users,tracer=canary")],
        &[("tracer", "canary"), ("x-tracer", "canary")],
    ] {
        send(f.registry(), request(headers)).await;
    }
    assert!(f.spans("canary").is_empty());
    assert_eq!(f.spans("production").len(), 8);
}

#[tokio::test]
async fn the_span_ends_with_the_body() {
    let f = fixture(|builder| builder);
    let streaming = service_fn(|_request: Request<Body>| async {
        let chunks = stream::iter(["a", "b"].map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))));
        Ok::<_, Infallible>(Response::new(Body::from_stream(chunks)))
    });
    let response = f.registry().http_layer().layer(streaming).oneshot(request(&[])).await.unwrap();
    assert!(f.spans("production").is_empty(), "the span ended before the body");
    axum::body::to_bytes(Body::new(response.into_body()), 1024).await.unwrap();
    assert_eq!(f.spans("production").len(), 1);
}

#[tokio::test]
async fn failures_and_cancelled_requests_are_marked_on_the_span() {
    let f = fixture(|builder| builder);
    let failing = service_fn(|_request: Request<Body>| async {
        let response = Response::builder().status(503).body(Body::empty()).unwrap();
        Ok::<_, Infallible>(response)
    });
    let response = f.registry().http_layer().layer(failing).oneshot(request(&[])).await.unwrap();
    drop(response);
    let span = take_last_span(&f);
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("503"));
    assert!(matches!(span.status, Status::Error { .. }));

    let broken = service_fn(|_request: Request<Body>| async { Err::<Response<Body>, _>(std::fmt::Error) });
    f.registry().http_layer().layer(broken).oneshot(request(&[])).await.unwrap_err();
    assert_eq!(attribute(&take_last_span(&f), "error.type").as_deref(), Some("core::fmt::Error"));

    let mut hanging = f.registry().http_layer().layer(service_fn(|_request: Request<Body>| async {
        std::future::pending::<()>().await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }));
    let call = hanging.call(request(&[]));
    tokio::time::timeout(Duration::from_millis(10), call).await.unwrap_err();
    let span = take_last_span(&f);
    assert_eq!(attribute(&span, "multitracer.cancelled").as_deref(), Some("true"));
    assert_eq!(span.status, Status::Unset);
}

#[tokio::test]
async fn a_tracer_that_is_off_or_samples_nothing_makes_no_span() {
    let f = fixture(|builder| builder.tracer(TracerBuilder::new("canary").enabled(false)));
    send(f.registry(), request(&[("x-canary-user", "true")])).await;
    let g = fixture(|builder| builder.tracer(TracerBuilder::new("canary").sampler(Sampler::AlwaysOff)));
    send(g.registry(), request(&[("x-canary-user", "true")])).await;
    assert_eq!((f.trees().to_string(), g.trees().to_string()), (String::new(), String::new()));
}
