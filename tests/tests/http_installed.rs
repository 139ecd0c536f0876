//! Requests of the installed registry, which get no frame, beside requests of its twin, which do.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use multitracer::builder::RouteBuilder;
use multitracer::http::{HttpClientLayer, HttpLayer};
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{
    Registry, TracerBuilder, WithTracerExt as _, assert_isolated, assert_no_orphans, current_tracer, traced,
};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tower::{Layer as _, ServiceExt as _, service_fn};

#[traced]
fn work() {}

#[traced(tracer = "canary")]
fn on_canary() {
    work();
}

#[traced]
async fn later() {
    tokio::task::yield_now().await;
    work();
}

/// Returns a registry that samples half of the requests, so that each program has two results.
fn registry() -> Arc<TestRegistry> {
    let builder = Registry::builder()
        .tracer(TracerBuilder::new("production").sample_rate(0.5))
        .tracer(TracerBuilder::new("canary"))
        .tracer(TracerBuilder::new("off").enabled(false))
        .default_tracer("production")
        .route(RouteBuilder::to_tracer("canary-users", "canary").header("x-canary-user", "true"));
    Arc::new(TestRegistry::from_builder(builder).unwrap())
}

/// The number of requests of each program. One of two results is missing once in 2^63 runs.
const REQUESTS: usize = 64;

/// Attaches a span of another provider: of the current trace, or of a trace of its own.
fn in_foreign_span(is_remote: bool, trace: Option<TraceId>, f: impl FnOnce()) {
    let cx = Context::current();
    let trace = trace.unwrap_or_else(|| cx.span().span_context().trace_id());
    let span = SpanContext::new(trace, SpanId::from(7), TraceFlags::SAMPLED, is_remote, TraceState::NONE);
    let _attached = cx.with_remote_span_context(span).attach();
    f();
}

/// A program that runs inside of a request.
type Program = fn(&TestRegistry);

const PROGRAMS: [(&str, Program); 11] = [
    ("a call", |_| work()),
    ("another tracer", |test| {
        on_canary();
        test.registry().tracer("canary").unwrap().scope(|| (work(), in_foreign_span(false, None, work)));
        work();
    }),
    ("a disabled tracer", |test| {
        test.registry().tracer("off").unwrap().in_span("off", work);
        work();
    }),
    ("a foreign span of the trace", |_| in_foreign_span(false, None, work)),
    ("a foreign span of the trace, twice", |_| {
        in_foreign_span(false, None, || {
            work();
            in_foreign_span(false, None, || {
                work();
                on_canary();
            });
        });
    }),
    ("a remote span of another trace", |_| in_foreign_span(true, Some(TraceId::from(9)), work)),
    ("a remote span of the trace", |_| in_foreign_span(true, None, work)),
    ("a saved context", |_| {
        let cx = Context::current();
        std::thread::spawn(move || {
            let _attached = cx.attach();
            work();
        })
        .join()
        .unwrap();
    }),
    ("a message inside", |test| {
        let caller = ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01");
        test.registry().receive(&[caller]).scope(work);
        work();
    }),
    ("the ambient tracer", |test| {
        let is_production = || {
            let tracer = current_tracer().unwrap();
            assert_eq!(tracer.name(), "production");
            assert!(tracer.registry().tracer("off").is_ok());
        };
        is_production();
        in_foreign_span(false, None, is_production);
        assert_eq!(test.registry().route(&[("x-canary-user", "true")]).name(), Some("canary-users"));
    }),
    ("the headers of a call", |_| {
        let cx = Context::current();
        let span = cx.span().span_context().clone();
        assert!(span.is_valid() && !span.is_remote());
        let (trace, id) = (span.trace_id(), span.span_id());
        let flags = if span.is_sampled() { "01" } else { "00" };
        let expected = format!("00-{trace}-{id}-{flags}");
        assert_eq!(outgoing_headers()["traceparent"], expected);
        in_foreign_span(false, None, || assert_eq!(outgoing_headers()["traceparent"], expected));
    }),
];

fn request(headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/path?q=1").header("host", "shop.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// Returns the different results of a program.
async fn results(
    test: &Arc<TestRegistry>,
    layer: &HttpLayer,
    program: Program,
    headers: &[(&str, &str)],
) -> BTreeSet<String> {
    let mut results = BTreeSet::new();
    for _ in 0..REQUESTS {
        let inside = Arc::clone(test);
        let service = layer.layer(service_fn(move |_request: Request<Body>| {
            // at the call, at a poll, and while the response is read
            program(&inside);
            let inside = Arc::clone(&inside);
            async move {
                later().await;
                program(&inside);
                let chunks = futures_util::stream::once(async move {
                    program(&inside);
                    Ok::<_, Infallible>("chunk")
                });
                Ok::<_, Infallible>(Response::new(Body::from_stream(chunks)))
            }
        }));
        let response = service.oneshot(request(headers)).await.unwrap();
        axum::body::to_bytes(Body::new(response.into_body()), 1024).await.unwrap();
        assert_isolated!(test);
        results.insert(test.trees().with_events().to_string());
        test.clear();
    }
    results
}

/// One test, because the installed registry is one for the process.
#[tokio::test]
async fn a_request_without_a_frame_is_one_with_a_frame() {
    let (installed, twin) = (registry(), registry());
    let _guard = multitracer::install(installed.registry().clone()).unwrap();
    let caller = ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01");
    for headers in [&[][..], &[("x-canary-user", "true")], &[caller]] {
        for (name, program) in PROGRAMS {
            if !headers.is_empty() && ["the ambient tracer", "the headers of a call"].contains(&name) {
                continue;
            }
            let layer = |test: &TestRegistry| test.registry().http_layer();
            let found = results(&installed, &layer(&installed), program, headers).await;
            let public = results(&installed, &layer(&installed).without_baggage(), program, headers).await;
            let expected = results(&twin, &layer(&twin), program, headers).await;
            assert_eq!(found, expected, "{name}, {headers:?}");
            assert_eq!(public, expected, "{name}, {headers:?}");
            let decisions = if headers.is_empty() { 2 } else { 1 };
            assert!(found.len() >= decisions, "{name}, {headers:?}: {found:?}");
        }
    }
    only_the_twin_enters_a_frame(&installed, &twin).await;
    decisions_hold(&installed).await;
    layers_meet(&installed).await;
}

/// A frame is an entry of the context, besides the span.
async fn only_the_twin_enters_a_frame(installed: &TestRegistry, twin: &TestRegistry) {
    let layer = |test: &TestRegistry| test.registry().http_layer();
    for (layer, entries) in [
        (layer(installed), 1),
        // without trust, a layer that reads no baggage does nothing else
        (layer(installed).without_baggage(), 1),
        (layer(twin), 2),
    ] {
        let handler = |_request: Request<Body>| async move {
            let cx = format!("{:?}", Context::current());
            assert!(cx.contains(&format!("entries count: {entries},")), "{cx}");
            Ok::<_, Infallible>(Response::new(Body::empty()))
        };
        layer.layer(service_fn(handler)).oneshot(request(&[])).await.unwrap();
    }
    installed.clear();
    twin.clear();
}

/// A decision about futures, which were called in the request and inside of the decision.
async fn decisions_hold(test: &TestRegistry) {
    let canary = test.registry().tracer("canary").unwrap();
    let handler = |_request: Request<Body>| {
        let canary = canary.clone();
        async move {
            let before = later();
            async { (later().await, before.await) }.with_tracer(&canary).await;
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }
    };
    for _ in 0..REQUESTS {
        test.registry().http_layer().layer(service_fn(handler)).oneshot(request(&[])).await.unwrap();
        assert_isolated!(test);
        assert_no_orphans!(test);
        // the decision is newer than both calls
        let canary = test.spans("canary");
        let names: Vec<_> = canary.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["work", "later", "work", "later"]);
        assert!(test.spans("production").len() <= 1);
        test.clear();
    }
}

/// An inner layer makes no second span, except for a request that a client sends.
async fn layers_meet(test: &TestRegistry) {
    let layer = || test.registry().http_layer();
    let handler = |_request: Request<Body>| async {
        work();
        Ok::<_, Infallible>(Response::new(Body::empty()))
    };
    let nested = layer().layer(layer().layer(service_fn(handler)));
    let forwarded = layer().layer(HttpClientLayer::new().layer(layer().layer(service_fn(handler))));
    let (mut found_nested, mut found_forwarded) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..REQUESTS {
        nested.clone().oneshot(request(&[])).await.unwrap();
        found_nested.insert(test.spans("production").len());
        test.clear();
        forwarded.clone().oneshot(request(&[])).await.unwrap();
        assert_no_orphans!(test);
        found_forwarded.insert(test.spans("production").len());
        test.clear();
    }
    assert_eq!(found_nested, BTreeSet::from([0, 2]));
    assert_eq!(found_forwarded, BTreeSet::from([0, 4]));
}
