//! The `tracing` layer: the tracer and the parent of each kind of span, and the span of each event.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;

use multitracer::subscriber::TracingOptions;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, traced};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SpanData};
use tracing::{Level, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

fn fixture() -> TestRegistry {
    TestRegistry::new(["production", "canary"])
}

fn fixture_with(change: impl FnOnce(TracerBuilder) -> TracerBuilder) -> TestRegistry {
    let builder = Registry::builder()
        .tracer(TracerBuilder::new("production"))
        .tracer(change(TracerBuilder::new("canary")))
        .default_tracer("production");
    TestRegistry::from_builder(builder).unwrap()
}

/// Runs `f` with the layer and with canary as the ambient tracer.
fn in_canary(test: &TestRegistry, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
    tracing::subscriber::with_default(subscriber, || test.tracer("canary").scope(f));
}

fn events(span: &SpanData) -> Vec<&str> {
    span.events.iter().map(|event| &*event.name).collect()
}

fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.to_string())
}

fn remote() -> HashMap<String, String> {
    let traceparent = "00-00000000000000000000000000000007-0000000000000009-01";
    HashMap::from([("traceparent".to_owned(), traceparent.to_owned())])
}

#[traced]
fn child() {
    tracing::info!("in child");
}

#[test]
fn a_span_without_a_parent_keeps_its_tracer_for_all_inside() {
    let f = fixture();
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        let root = info_span!(parent: None, "root").entered();
        child();
        info_span!("grandchild").in_scope(child);
        drop(root);
        child();
    });
    assert!(f.spans("production").is_empty());
    let (outer, root) = (f.span("canary", "outer"), f.span("canary", "root"));
    assert_eq!(root.parent_span_id, SpanId::INVALID);
    assert_ne!(root.span_context.trace_id(), outer.span_context.trace_id());
    let parents: Vec<_> = f
        .spans("canary")
        .iter()
        .filter(|span| span.name == "child")
        .map(|span| span.parent_span_id)
        .collect();
    let grandchild = f.span("canary", "grandchild");
    assert_eq!(
        parents,
        [root.span_context.span_id(), grandchild.span_context.span_id(), outer.span_context.span_id()]
    );
    assert_eq!(grandchild.parent_span_id, root.span_context.span_id());
}

#[test]
fn a_root_that_is_entered_elsewhere_keeps_its_tracer() {
    let f = fixture();
    in_canary(&f, || {
        let root = info_span!(parent: None, "root");
        let never_entered = info_span!(parent: None, "never entered");
        f.tracer("production").scope(|| {
            root.in_scope(child);
            let explicit = info_span!(parent: &root, "explicit");
            explicit.in_scope(child);
            drop(never_entered);
        });
    });
    assert!(f.spans("production").is_empty(), "{:?}", f.spans("production"));
    let root = f.span("canary", "root");
    assert_eq!(f.span("canary", "explicit").parent_span_id, root.span_context.span_id());
    assert_eq!(f.span("canary", "never entered").parent_span_id, SpanId::INVALID);
    assert_eq!(f.spans("canary").len(), 5);
}

#[test]
fn a_span_outlives_the_scope_of_its_tracer() {
    let f = fixture();
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = f.tracer("canary").scope(|| info_span!("late"));
        f.registry().scope(|| {
            span.in_scope(child);
            drop(span);
            child();
        });
    });
    let late = f.span("canary", "late");
    assert_eq!(f.span("canary", "child").parent_span_id, late.span_context.span_id());
    assert_eq!((f.spans("canary").len(), f.spans("production").len()), (2, 1));
}

#[test]
fn a_parent_that_was_set_does_not_change_the_tracer() {
    let f = fixture();
    in_canary(&f, || {
        let extracted = TraceContextPropagator::new().extract_with_context(&Context::new(), &remote());
        let span = info_span!("from a message");
        span.set_parent(extracted).unwrap();
        span.in_scope(child);
        let before = info_span!("asked before it is entered");
        before.set_parent(Context::new()).unwrap();
        assert!(before.context().span().span_context().is_valid());
        before.in_scope(child);
    });
    assert!(f.spans("production").is_empty(), "{:?}", f.spans("production"));
    let span = f.span("canary", "from a message");
    // a remote span belongs to another tracer, so it becomes a link
    assert_eq!(span.parent_span_id, SpanId::INVALID);
    let links: Vec<_> = span.links.iter().map(|link| link.span_context.trace_id()).collect();
    assert_eq!(links, [TraceId::from(7)]);
    let parents: Vec<_> = f
        .spans("canary")
        .iter()
        .filter(|span| span.name == "child")
        .map(|span| span.parent_span_id)
        .collect();
    let before = f.span("canary", "asked before it is entered");
    assert_eq!(parents, [span.span_context.span_id(), before.span_context.span_id()]);
}

#[test]
fn a_parent_that_was_set_brings_its_ambient_tracer() {
    let f = fixture();
    in_canary(&f, || {
        let production = f.tracer("production");
        let extracted = TraceContextPropagator::new()
            .extract_with_context(&production.context(&Context::new()), &remote());
        let span = info_span!("from a message");
        span.set_parent(extracted).unwrap();
        span.in_scope(child);
    });
    assert!(f.spans("canary").is_empty());
    let span = f.span("production", "from a message");
    assert_eq!((span.parent_span_id, span.span_context.trace_id()), (SpanId::from(9), TraceId::from(7)));
    assert_eq!(f.span("production", "child").parent_span_id, span.span_context.span_id());
}

#[test]
fn the_layer_of_a_registry_uses_its_default_tracer() {
    let f = fixture();
    let subscriber = tracing_subscriber::registry().with(f.registry().tracing_layer());
    tracing::subscriber::with_default(subscriber, || info_span!("outer").in_scope(child));
    let outer = f.span("production", "outer");
    assert_eq!(f.span("production", "child").parent_span_id, outer.span_context.span_id());
}

#[test]
fn events_go_to_the_innermost_span_in_one_form() {
    let f = fixture();
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        let emit = |number: i64| {
            let error = std::io::Error::other("disk");
            tracing::warn!(number, text = "t", yes = true, half = 0.5, debug = ?[1], "message {number}");
            tracing::error!(error = &error as &dyn std::error::Error, "failed");
            tracing::info!(error = "no message");
            tracing::debug!(name: "named", number);
        };
        emit(1);
        f.tracer("canary").in_span("inner", || emit(1));
    });
    let (outer, inner) = (f.span("canary", "outer"), f.span("canary", "inner"));
    let form = |span: &SpanData| -> Vec<_> {
        span.events.iter().map(|event| (event.name.clone(), event.attributes.clone())).collect()
    };
    assert_eq!(form(&outer), form(&inner));
    assert_eq!(events(&inner), ["message 1", "failed", "exception", "named"]);
    assert_eq!(outer.status, inner.status);
    assert_eq!(inner.status, Status::error("\"no message\""));
    assert_eq!(
        attribute(&inner.attributes, "exception.message"),
        attribute(&outer.attributes, "exception.message")
    );
    assert_eq!(attribute(&inner.attributes, "exception.message").as_deref(), Some("disk"));
    assert_eq!(attribute(&inner.events[0].attributes, "level").as_deref(), Some("WARN"));
}

#[test]
fn an_event_inside_a_traced_function_goes_to_its_span() {
    let f = fixture();
    in_canary(&f, || {
        tracing::info!("nowhere");
        child();
    });
    assert_eq!(events(&f.span("canary", "child")), ["in child"]);
}

#[test]
fn an_event_can_name_its_span_or_no_span() {
    let f = fixture();
    in_canary(&f, || {
        let outer = info_span!("outer").entered();
        f.tracer("canary").in_span("inner", || {
            tracing::info!(parent: &outer, "explicit");
            tracing::info!(parent: None, "none");
            tracing::info!("contextual");
        });
    });
    assert_eq!(events(&f.span("canary", "outer")), ["explicit"]);
    assert_eq!(events(&f.span("canary", "inner")), ["contextual"]);
}

#[test]
fn a_remote_span_gets_no_event_of_the_local_span() {
    let f = fixture();
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        let _attached = TraceContextPropagator::new().extract(&remote()).attach();
        tracing::info!("still here");
    });
    assert_eq!(events(&f.span("canary", "outer")), ["still here"]);
}

#[test]
fn log_messages_of_multitracer_become_no_events() {
    let f = fixture();
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        f.tracer("canary").in_span("inner", || tracing::warn!(target: "multitracer", "lost spans"));
        tracing::warn!(target: "multitracer", "lost spans");
        tracing::info!("kept");
    });
    assert_eq!(events(&f.span("canary", "outer")), ["kept"]);
    assert!(events(&f.span("canary", "inner")).is_empty());
}

#[test]
fn levels_and_filters_apply_to_spans_and_events() {
    let f = fixture();
    let layer = multitracer::tracing_layer().with_filter(LevelFilter::INFO);
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        f.tracer("canary").scope(|| {
            let outer = info_span!("outer");
            outer.set_attribute("key", "value");
            let _outer = outer.entered();
            let _filtered = tracing::debug_span!("filtered").entered();
            tracing::debug!("filtered");
            f.tracer("canary").in_span("inner", || {
                tracing::trace!("filtered");
                tracing::info!("kept");
                tracing::span!(Level::TRACE, "filtered").in_scope(child);
            });
        });
    });
    let names: Vec<_> = f.spans("canary").iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["child", "inner", "outer"]);
    assert_eq!(events(&f.span("canary", "inner")), ["kept"]);
    assert_eq!(attribute(&f.span("canary", "outer").attributes, "key").as_deref(), Some("value"));
}

#[test]
fn special_fields_and_options_apply() {
    let f = fixture();
    let layer = multitracer::subscriber::tracing_layer_with(
        TracingOptions::new().threads(false).inactivity(false).location(false).target(false),
    );
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        f.tracer("canary").scope(|| {
            let span = info_span!("static", otel.name = "dynamic", otel.kind = "client", size = 3);
            span.in_scope(|| tracing::info!("event"));
        });
    });
    let span = f.span("canary", "dynamic");
    assert_eq!(span.span_kind, SpanKind::Client);
    let keys: Vec<_> = span.attributes.iter().map(|attribute| attribute.key.as_str().to_owned()).collect();
    assert_eq!(keys, ["size"], "the layer added attributes of its own");
}

#[test]
fn an_unsampled_trace_stays_whole_and_a_tracer_that_is_off_makes_nothing() {
    for f in [
        fixture_with(|canary| canary.sampler(Sampler::AlwaysOff)),
        fixture_with(|canary| canary.enabled(false)),
    ] {
        in_canary(&f, || {
            let _outer = info_span!("outer").entered();
            child();
            info_span!("inner").in_scope(|| tracing::error!("lost"));
        });
        assert!(f.spans("canary").is_empty() && f.spans("production").is_empty());
    }
    let f = fixture_with(|canary| canary.sampler(Sampler::AlwaysOff));
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        let outer = Context::current().span().span_context().clone();
        assert!(outer.is_valid() && !outer.is_sampled());
        info_span!("inner").in_scope(|| assert_eq!(Context::current().span().span_context(), &outer));
    });
    let report = f.registry().report();
    let canary = report.tracer("canary").unwrap();
    assert_eq!((canary.started, canary.sampled_out, canary.open()), (2, 2, 0), "{report}");
}

#[test]
fn a_switch_to_another_tracer_begins_a_new_trace() {
    let f = fixture();
    in_canary(&f, || {
        let _outer = info_span!("outer").entered();
        let outer: SpanContext = Context::current().span().span_context().clone();
        f.tracer("production").scope(|| {
            let _switched = info_span!("switched").entered();
            f.tracer("canary").scope(|| {
                info_span!("back").in_scope(|| tracing::info!("in back"));
            });
        });
        assert_eq!(Context::current().span().span_context(), &outer);
    });
    let (outer, switched, back) =
        (f.span("canary", "outer"), f.span("production", "switched"), f.span("canary", "back"));
    assert_eq!(switched.parent_span_id, SpanId::INVALID);
    assert_eq!(switched.links.links[0].span_context, outer.span_context);
    assert_eq!(back.parent_span_id, outer.span_context.span_id());
    assert_eq!(events(&back), ["in back"]);
}
