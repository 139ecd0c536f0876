//! The owner of a span, wherever the span is current.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::RefCell;

use multitracer::manual::SpanBuilder;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, enrich_span, span, traced};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _, mark_span_as_active,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracerProvider;

#[traced]
fn work() {}

#[traced(tracer = "canary")]
fn on_canary() {
    work();
}

#[traced(tracer = "canary", parent = parent)]
fn below(parent: SpanContext) {
    work();
}

fn registry() -> TestRegistry {
    TestRegistry::new(["production", "canary"])
}

fn check(test: &TestRegistry, expected: &str) {
    assert_isolated!(test);
    assert_no_orphans!(test);
    assert_eq!(test.trees().to_string(), expected);
}

fn links(test: &TestRegistry, tracer: &str, name: &str) -> Vec<SpanId> {
    let linked = |link: &Link| link.span_context.span_id();
    test.span(tracer, name).links.iter().map(linked).collect()
}

fn remote(trace: u128) -> SpanContext {
    let (trace, span) = (TraceId::from(trace), SpanId::from(9));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::default())
}

#[test]
fn a_remote_span_of_the_inbound_trace_hides_no_server_span() {
    let test = registry();
    let canary = test.tracer("canary");
    let inbound = || Context::current().with_remote_span_context(remote(7)).attach();
    test.scope(|| {
        let _request = inbound();
        canary.in_span("request", || {
            let _extracted = inbound();
            work();
        });
    });
    check(&test, "canary\n  request (linked to a span elsewhere)\n    work\n");

    test.clear();
    canary.in_span("request", || {
        let _other = Context::current().with_remote_span_context(remote(8)).attach();
        work();
    });
    let trace = |name| test.span("canary", name).span_context.trace_id();
    assert_ne!(trace("request"), trace("work"));
    assert_eq!(links(&test, "canary", "work"), [SpanId::from(9)]);
}

#[test]
fn a_remote_span_under_a_span_of_another_tracer_is_found_by_the_default_tracer() {
    let test = registry();
    test.tracer("canary").scope(|| {
        let _remote = Context::current().with_remote_span_context(remote(7)).attach();
        test.tracer("canary").in_span("covers", || test.tracer("production").in_span("default", || ()));
    });
    let default = test.span("production", "default");
    assert_eq!(
        (default.span_context.trace_id(), default.parent_span_id),
        (TraceId::from(7), SpanId::from(9))
    );
}

#[test]
fn a_span_that_is_current_under_another_tracer_is_no_parent() {
    let test = registry();
    let library = test.registry().tracer_provider().tracer("library");
    let started = test.tracer("canary").scope(|| library.start("library"));
    test.tracer("production").scope(|| {
        let _active = mark_span_as_active(started);
        work();
    });
    check(&test, "production\n  work (linked to library of canary)\ncanary\n  library\n");
}

#[test]
fn a_span_brings_its_tracer_to_a_thread_without_a_context() {
    let test = registry();
    let library = test.registry().tracer_provider().tracer("library");
    let started = test.tracer("canary").scope(|| library.start("library"));
    let thread = std::thread::spawn(|| {
        let _active = mark_span_as_active(started);
        work();
    });
    thread.join().unwrap();
    check(&test, "canary\n  library\n    work\n");
}

#[test]
fn a_foreign_span_is_never_a_parent() {
    let test = registry();
    let foreign = SdkTracerProvider::builder().build().tracer("foreign");
    for tracer in ["production", "canary"] {
        test.clear();
        test.tracer(tracer).scope(|| foreign.in_span("foreign", |_| work()));
        check(&test, &format!("{tracer}\n  work (linked to a span elsewhere)\n"));
        // the trace of a function goes on below a foreign span
        test.clear();
        test.tracer(tracer).scope(|| {
            let _outer = span!("outer");
            foreign.in_span("foreign", |_| work());
        });
        check(&test, &format!("{tracer}\n  outer\n    work\n"));
    }
}

#[test]
fn a_span_of_another_registry_is_no_parent() {
    let (first, second) = (registry(), registry());
    let library = first.registry().tracer_provider().tracer("library");
    library.in_span("library", |_| second.scope(work));
    check(&first, "production\n  library\n");
    check(&second, "production\n  work (linked to a span elsewhere)\n");
}

#[test]
fn an_explicit_parent_obeys_the_rules() {
    let test = registry();
    let parent = test.scope(|| SpanBuilder::new("production_span").start());
    test.scope(|| below(parent.span_context()));
    drop(parent);
    let linked = "below (linked to production_span of production)";
    check(&test, &format!("production\n  production_span\ncanary\n  {linked}\n    work\n"));
    test.clear();
    test.scope(|| below(remote(7)));
    assert_eq!(test.span("canary", "below").parent_span_id, SpanId::from(9));
}

#[test]
fn what_is_under_a_disabled_tracer_is_silent() {
    let test = registry();
    test.registry().set_enabled("canary", false).unwrap();
    let canary = test.tracer("canary");
    test.scope(|| {
        let _request = span!("request");
        on_canary();
        canary.in_span("in_span", work);
        canary.scope(work);
        SpanBuilder::new("built").tracer(&canary).in_scope(work);
        {
            let _guard = span!("guard", tracer = "canary");
            work();
        }
        canary.scope(|| test.tracer("production").in_span("chosen", work));
    });
    check(&test, "production\n  request\n    chosen\n      work\n");
}

#[test]
fn what_is_under_a_dropped_name_is_silent() {
    let yaml = "{default_tracer: production, unknown_tracer: drop, tracers: {production: {}}}";
    let test = TestRegistry::from_yaml(yaml).unwrap();
    test.scope(|| {
        on_canary();
        SpanBuilder::new("built").tracer("canary").in_scope(work);
        let _guard = span!("guard", tracer = "canary");
        work();
    });
    check(&test, "");
}

#[test]
fn what_began_silent_stays_silent_when_the_tracer_is_enabled() {
    let test = registry();
    let canary = test.tracer("canary");
    test.registry().set_enabled("canary", false).unwrap();
    canary.in_span("request", || {
        test.registry().set_enabled("canary", true).unwrap();
        work();
        on_canary();
    });
    check(&test, "");
}

/// A value of a thread whose destructor uses the library.
struct AtExit(TestRegistry);

impl Drop for AtExit {
    fn drop(&mut self) {
        self.0.scope(|| {
            work();
            let _guard = span!("guard");
            enrich_span([KeyValue::new("a", 1)]);
            drop(outgoing_headers());
        });
    }
}

thread_local! {
    static AT_EXIT: RefCell<Option<AtExit>> = const { RefCell::new(None) };
}

#[test]
fn the_library_is_quiet_in_the_destructors_of_a_thread() {
    for uses_context_first in [true, false] {
        let thread = std::thread::spawn(move || {
            if uses_context_first {
                registry().scope(work);
            }
            AT_EXIT.with_borrow_mut(|value| *value = Some(AtExit(registry())));
            registry().scope(work);
        });
        thread.join().unwrap();
    }
}

#[test]
fn the_library_is_quiet_if_a_thread_uses_it_in_destructors_only() {
    let test = registry();
    let thread = std::thread::spawn(move || {
        AT_EXIT.with_borrow_mut(|value| *value = Some(AtExit(test)));
        // destroyed before the value above
        drop(Context::current());
    });
    thread.join().unwrap();
}
