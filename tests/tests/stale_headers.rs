//! Copied, empty and full context headers, in senders and receivers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::convert::Infallible;

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::Empty;
use multitracer::http::HttpClientLayer;
use multitracer::propagation::{inject, outgoing_headers};
use multitracer::testing::TestRegistry;
use multitracer::{assert_tree, traced};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use tower::{Layer as _, ServiceExt as _, service_fn};

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
baggage: {trusted: true}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

const FIELDS: [&str; 3] = ["traceparent", "tracestate", "baggage"];
const PARENT: &str = "00-00000000000000000000000000000007-0000000000000009-01";

fn registry() -> TestRegistry {
    TestRegistry::from_yaml(YAML).unwrap()
}

#[traced]
fn work() {}

/// The headers that a caller forged, each field twice, and one header that is none of ours.
fn forged() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for _ in 0..2 {
        headers.append("traceparent", HeaderValue::from_static(PARENT));
        headers.append("tracestate", HeaderValue::from_static("forged=1"));
        headers.append("baggage", HeaderValue::from_static("multitracer.route=canary-users,tenant=evil"));
    }
    headers.insert("accept", HeaderValue::from_static("text/plain"));
    headers
}

/// Checks that nothing of [`forged`] is left but the header that is not ours.
fn assert_clean(headers: &HeaderMap, case: &str) {
    assert_eq!(headers["accept"], "text/plain", "{case}");
    for name in FIELDS {
        let values: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
        assert!(values.len() <= 1, "{case}: {values:?}");
        let value = values.first().copied().unwrap_or_default();
        for stale in ["canary", "evil", "forged", "0000000000000009"] {
            assert!(!value.contains(stale), "{case}: {name} is `{value}`");
        }
    }
}

#[tokio::test]
async fn every_sender_replaces_the_headers_that_a_gateway_copied() {
    let test = registry();
    let direct = |case: &str| {
        let mut headers = forged();
        inject(&mut headers);
        assert_clean(&headers, case);
        headers
    };
    let none = direct("no registry");
    assert!(FIELDS.iter().all(|name| !none.contains_key(*name)), "{none:?}");
    test.scope(|| direct("no span"));
    let sent = test.tracer("production").in_span("call", || direct("a span"));
    assert!(sent.contains_key("traceparent") && !sent.contains_key("tracestate"), "{sent:?}");

    // a client merges the returned headers into those that it copied
    let merged = || {
        let mut headers = forged();
        headers.extend(outgoing_headers());
        headers
    };
    assert_clean(&merged(), "merged, no registry");
    assert_clean(&test.scope(merged), "merged, no span");
    assert_clean(&test.tracer("production").in_span("call", merged), "merged, a span");
    let request =
        reqwest::Client::new().get("http://localhost/").headers(forged()).headers(outgoing_headers());
    assert_clean(request.build().unwrap().headers(), "reqwest");

    // a gRPC client passes its metadata through the same function
    let mut request = tonic::Request::new(());
    *request.metadata_mut() = tonic::metadata::MetadataMap::from_headers(forged());
    let mut headers = std::mem::take(request.metadata_mut()).into_headers();
    test.scope(|| inject(&mut headers));
    assert_clean(&headers, "metadata");

    for layer in [HttpClientLayer::new(), HttpClientLayer::without_spans()] {
        let server = service_fn(|request: Request<Empty<&'static [u8]>>| async move {
            assert_clean(request.headers(), "layer");
            Ok::<_, Infallible>(Response::new(Empty::<&'static [u8]>::new()))
        });
        let mut request = Request::new(Empty::<&'static [u8]>::new());
        *request.headers_mut() = forged();
        test.run(layer.layer(server).oneshot(request)).await.unwrap();
    }
}

#[test]
fn the_propagator_overwrites_what_it_cannot_remove() {
    let test = registry();
    let inject_over = |propagator: &multitracer::propagation::Propagator| {
        let mut carrier: HashMap<String, String> = FIELDS
            .iter()
            .zip([PARENT, "forged=1", "multitracer.route=canary-users"])
            .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
            .collect();
        propagator.inject_context(&Context::current(), &mut carrier);
        carrier
    };
    let empty: HashMap<String, String> =
        FIELDS.iter().map(|name| ((*name).to_owned(), String::new())).collect();
    assert_eq!(inject_over(&multitracer::propagation::propagator()), empty, "no registry");
    assert_eq!(test.scope(|| inject_over(&test.registry().propagator())), empty, "no span");
    let sent =
        test.tracer("production").in_span("call", || inject_over(&multitracer::propagation::propagator()));
    assert_eq!((&*sent["tracestate"], &*sent["baggage"]), ("", ""));
    assert!(
        sent["traceparent"].contains(&test.span("production", "call").span_context.span_id().to_string())
    );

    // what arrives has no effect, here and in OpenTelemetry's own propagators
    for carrier in [empty, sent] {
        let is_child = !carrier["traceparent"].is_empty();
        let ours = test.registry().propagator().extract_with_context(&Context::new(), &carrier);
        let theirs = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        let theirs = BaggagePropagator::new().extract_with_context(&theirs, &carrier);
        for cx in [ours, theirs] {
            assert_eq!(cx.span().span_context().is_valid(), is_child);
            assert!(cx.baggage().is_empty());
            assert_eq!(cx.span().span_context().trace_state().header(), "");
        }
    }
}

#[test]
fn a_receiver_ignores_empty_fields() {
    let test = registry();
    let receive = |headers: &[(&str, &str)]| {
        let received = test.registry().receive(headers);
        assert!(received.context().baggage().is_empty(), "{headers:?}");
        received.scope(work);
        let span = test.spans("production").pop().unwrap();
        test.clear();
        (span.parent_span_id, span.span_context.trace_state().header())
    };
    for empty in ["", " ", "\t"] {
        assert_eq!(
            receive(&[("traceparent", empty), ("tracestate", "a=1"), ("baggage", empty)]),
            (SpanId::INVALID, String::new())
        );
        let sampled = receive(&[("traceparent", PARENT), ("tracestate", empty), ("baggage", empty)]);
        assert_eq!(sampled, (SpanId::from(9), String::new()));
    }
    // what a service without a span sends starts a new trace
    let sent = test.tracer("canary").scope(outgoing_headers);
    assert_eq!(sent["traceparent"], "");
    test.registry().receive(&sent).scope(work);
    assert_tree!(
        test.trees(),
        "
        canary
          work
    "
    );
}

#[test]
fn full_baggage_does_not_displace_the_route() {
    let test = registry();
    let entries = (0..64).map(|number| KeyValue::new(format!("entry-{number}"), "x".repeat(100)));
    let _attached = Context::current().with_baggage(entries).attach();
    let sent = test.tracer("canary").in_span("call", outgoing_headers);
    assert!(sent["baggage"].to_str().unwrap().contains("multitracer.route=canary-users"));
}
