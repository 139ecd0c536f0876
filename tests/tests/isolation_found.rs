//! Programs that the model test (`tests/tests/model`) found, each as small as it gets.

use multitracer::builder::RouteBuilder;
use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, WithTracerExt as _, assert_tree, traced};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
fn work() {}

#[traced]
fn outer(inside: impl FnOnce()) {
    inside();
}

/// Returns a span context of another process, or one that somebody made by hand.
fn other_span(is_remote: bool) -> SpanContext {
    let (trace, span) = (TraceId::from(7), SpanId::from(8));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, is_remote, TraceState::NONE)
}

/// Runs `f` with the `tracing` layer of the registry.
fn with_layer(test: &TestRegistry, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(test.registry().tracing_layer());
    tracing::subscriber::with_default(subscriber, f);
}

#[tokio::test(flavor = "current_thread")]
async fn the_name_of_a_builder_waits_for_a_registry() {
    let test = TestRegistry::new(["production", "canary"]);
    let job = SpanBuilder::new("job").tracer("canary").in_future(async {});
    job.with_tracer(&test.tracer("production")).await;
    assert_tree!(
        test.trees(),
        "
        canary
          job
    "
    );
}

/// A message without a span of its own does not take the caller's span from the route that trusted
/// baggage named.
#[test]
fn a_remote_span_arrives_once() {
    let tracers = ["production", "canary"].map(TracerBuilder::new);
    let builder = tracers.into_iter().fold(Registry::builder(), |builder, tracer| builder.tracer(tracer));
    let route = RouteBuilder::to_tracer("canary-users", "canary").header("x-canary-user", "true");
    let test =
        TestRegistry::from_builder(builder.default_tracer("production").trusted_baggage(true).route(route));
    let Ok(test) = test else { unreachable!("the registry is complete") };
    let headers = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("baggage", "multitracer.route=canary-users"),
    ];
    let message = [("content-type", "text/plain")];
    test.registry().receive(&headers).scope(|| test.registry().receive(&message).scope(work));
    let work = test.span("production", "work");
    assert_eq!(work.parent_span_id, SpanId::INVALID, "the caller's span is in the project of canary");
}

/// The context of a span with `parent: None` names no tracer. The span enters its own.
#[test]
fn a_detached_span_of_tracing_keeps_its_tracer_under_another_remote_span() {
    let test = TestRegistry::new(["production", "canary"]);
    let library = test.registry().tracer_provider().tracer("library");
    let query = || {
        let _remote = Context::current().with_remote_span_context(other_span(true)).attach();
        library.in_span("query", |_| ());
    };
    with_layer(&test, || {
        test.tracer("canary").scope(|| info_span!(parent: None, "detached").in_scope(query));
    });
    assert_eq!(test.span("canary", "query").parent_span_id, SpanId::INVALID);
    assert!(test.spans("production").is_empty(), "{}", test.trees());
}

/// `set_parent` with a remote span replaces the silent context. The silence stays.
#[test]
fn a_detached_span_of_tracing_keeps_its_silence_under_a_remote_parent() {
    let other = TestRegistry::new(["main"]);
    let library = other.registry().tracer_provider().tracer("library");
    let canary = TracerBuilder::new("canary").enabled(false);
    let builder = Registry::builder().tracer(TracerBuilder::new("production")).tracer(canary);
    let Ok(test) = TestRegistry::from_builder(builder.default_tracer("production")) else {
        unreachable!("the registry is complete")
    };
    with_layer(&test, || {
        test.tracer("canary").scope(|| {
            let span = info_span!("detached");
            let _ = span.set_parent(Context::new().with_remote_span_context(other_span(true)));
            span.in_scope(|| library.in_span("query", |_| ()));
        });
    });
    assert!(other.spans("main").is_empty(), "{}", other.trees());
    assert!(test.spans("production").is_empty(), "{}", test.trees());
}

/// A span that covers a span of another tracer is remembered, also if the covered one is known.
#[test]
fn a_span_under_a_known_span_of_another_tracer_is_found() {
    let test = TestRegistry::new(["production", "canary"]);
    let hidden = || {
        let _foreign = Context::current().with_remote_span_context(other_span(false)).attach();
        work();
    };
    let library = test.registry().tracer_provider().tracer("library");
    library.in_span("request", |_| {
        test.tracer("canary").in_span("switch", || test.scope(|| outer(hidden)));
    });
    let outer = test.span("production", "outer");
    assert_eq!(test.span("production", "work").parent_span_id, outer.span_context.span_id());
}

/// A remote span belongs to the registry in which it is current, not to one that is entered later.
#[test]
fn a_remote_span_stays_with_its_registry() {
    let (test, other) = (TestRegistry::new(["production"]), TestRegistry::new(["main"]));
    test.scope(|| {
        let _remote = Context::current().with_remote_span_context(other_span(true)).attach();
        other.scope(work);
        work();
    });
    assert_eq!(other.span("main", "work").parent_span_id, SpanId::INVALID);
    assert_eq!(test.span("production", "work").parent_span_id, SpanId::from(8));
}

/// Spans of two subscribers can have the same id.
#[test]
fn a_span_of_another_subscriber_ends_no_context() {
    let test = TestRegistry::new(["production", "canary"]);
    let (canary, library) = (test.tracer("canary"), test.registry().tracer_provider().tracer("library"));
    with_layer(&test, || {
        let detached = canary.scope(|| info_span!(parent: None, "detached"));
        detached.in_scope(|| {
            with_layer(&test, || canary.scope(|| info_span!("nested").in_scope(|| ())));
            let _remote = Context::current().with_remote_span_context(other_span(true)).attach();
            library.in_span("query", |_| ());
        });
    });
    assert_eq!(test.span("canary", "query").parent_span_id, SpanId::INVALID);
}
