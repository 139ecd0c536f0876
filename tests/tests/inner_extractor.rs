//! A middleware inside the server layer that extracts the request's context once more.
//!
//! Instrumented libraries such as `opentelemetry-instrumentation-tower` do this: they extract the
//! headers on top of the current context, start a span there, and make it current for the handler.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, assert_tree, traced};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{FutureExt as _, SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower::{Layer as _, ServiceExt as _, service_fn};

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
baggage: {trusted: true}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

const INBOUND: &str = "00-00000000000000000000000000000007-0000000000000009-01";
/// The context of another trace, which the middleware reads instead.
const ELSEWHERE: &str = "00-00000000000000000000000000000008-000000000000000a-01";

const CANARY: (&str, &str) = ("x-canary-user", "true");
const TRUSTED: (&str, &str) = ("baggage", "multitracer.route=canary-users");

#[traced]
async fn handler() {
    tokio::task::yield_now().await;
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Serves a request with a middleware that extracts `extracted` in place of the request's headers.
async fn serve(
    propagator: &dyn TextMapPropagator,
    extra: &[(&'static str, &'static str)],
    extracted: Option<&'static str>,
) -> TestRegistry {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let middleware = service_fn(|request: Request<Empty<&'static [u8]>>| {
        let mut headers = request.headers().clone();
        if let Some(extracted) = extracted {
            headers.insert("traceparent", extracted.parse().unwrap());
        }
        let parent = propagator.extract(&Headers(&headers));
        let library = test.registry().tracer_provider().tracer("library");
        let span = library.start_with_context("inner", &parent);
        let cx = Context::current().with_span(span);
        async {
            handler().await;
            Context::map_current(|cx| cx.span().end());
            Ok::<_, Infallible>(Response::new(Empty::<&'static [u8]>::new()))
        }
        .with_context(cx)
    });
    let mut request = Request::get("/").header("traceparent", INBOUND);
    for (name, value) in extra {
        request = request.header(*name, *value);
    }
    let request = request.body(Empty::new()).unwrap();
    drop(test.registry().http_layer().layer(middleware).oneshot(request).await.unwrap());
    assert_isolated!(test);
    assert_no_orphans!(test);
    test
}

/// Runs `check` with OpenTelemetry's own propagator and with ours.
async fn with_each_propagator(check: impl AsyncFn(&dyn TextMapPropagator)) {
    check(&TraceContextPropagator::new()).await;
    check(&multitracer::propagation::propagator()).await;
}

#[tokio::test]
async fn the_span_of_an_inner_extractor_is_a_child_of_our_server_span_for_the_default_tracer() {
    with_each_propagator(async |propagator| {
        assert_tree!(
            serve(propagator, &[], None).await.trees().only_attributes([""; 0]),
            "
            production
              GET [server] (remote parent)
                inner
                  handler
        "
        );
    })
    .await;
}

#[tokio::test]
async fn the_span_of_an_inner_extractor_is_a_child_of_our_server_span_for_another_tracer() {
    with_each_propagator(async |propagator| {
        assert_tree!(
            serve(propagator, &[CANARY], None).await.trees().only_attributes([""; 0]),
            "
            canary
              GET [server] (linked to a span elsewhere)
                inner
                  handler
        "
        );
        // trusted baggage makes the caller's span the parent
        assert_tree!(
            serve(propagator, &[TRUSTED], None).await.trees().only_attributes([""; 0]),
            "
            canary
              GET [server] (remote parent)
                inner
                  handler
        "
        );
    })
    .await;
}

#[tokio::test]
async fn the_span_of_an_inner_extractor_of_another_trace_obeys_the_rules_for_remote_parents() {
    with_each_propagator(async |propagator| {
        // a remote span belongs to the default tracer
        let test = serve(propagator, &[], Some(ELSEWHERE)).await;
        let inner = test.span("production", "inner");
        assert_eq!(inner.parent_span_id, SpanId::from(10));
        assert_eq!(test.span("production", "handler").parent_span_id, inner.span_context.span_id());
        for extra in [CANARY, TRUSTED] {
            let test = serve(propagator, &[extra], Some(ELSEWHERE)).await;
            let (server, inner) = (test.span("canary", "GET"), test.span("canary", "inner"));
            let handler = test.span("canary", "handler");
            assert_eq!(inner.parent_span_id, SpanId::INVALID, "{extra:?}");
            assert_ne!(inner.span_context.trace_id(), server.span_context.trace_id());
            let links: Vec<_> = inner.links.iter().map(|link| link.span_context.span_id()).collect();
            assert_eq!(links, [SpanId::from(10)], "{extra:?}");
            assert_eq!(handler.parent_span_id, inner.span_context.span_id());
        }
    })
    .await;
}
