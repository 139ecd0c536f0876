//! Events whose values log while they are formatted. Only a global subscriber sees such events.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;

use multitracer::testing::TestRegistry;
use multitracer::traced;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;
use tracing::{Span, error, info, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

fn fixture() -> TestRegistry {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    TestRegistry::new(["production", "canary"])
}

/// A value whose `Debug` runs a function.
struct Value<F>(F);

impl<F: Fn()> fmt::Debug for Value<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)();
        f.write_str("value")
    }
}

fn logs() -> Value<fn()> {
    Value(|| info!("inner"))
}

fn logs_twice_as_deep() -> Value<fn()> {
    Value(|| info!(value = ?logs(), "middle"))
}

/// Returns a value that panics without a message on the console.
fn panics() -> Value<fn()> {
    Value(|| resume_unwind(Box::new("told to")))
}

fn survive(work: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
}

/// Runs `work` in a span of canary, inside the span `outer` of production that `tracing` knows.
fn in_two_spans(test: &TestRegistry, work: impl FnOnce()) {
    test.scope(|| {
        info_span!("outer").in_scope(|| {
            test.tracer("canary").in_span("canary", work);
            info!("after");
        });
    });
}

fn events(span: &SpanData) -> Vec<&str> {
    span.events.iter().map(|event| &*event.name).collect()
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.to_string())
}

#[test]
fn both_events_go_to_the_innermost_span() {
    let f = fixture();
    in_two_spans(&f, || info!(value = ?logs(), "first"));
    assert_eq!(events(&f.span("canary", "canary")), ["inner", "first"]);
    assert_eq!(events(&f.span("production", "outer")), ["after"]);
}

#[test]
fn events_nest_to_any_depth() {
    let f = fixture();
    in_two_spans(&f, || info!(value = ?logs_twice_as_deep(), "first"));
    assert_eq!(events(&f.span("canary", "canary")), ["inner", "middle", "first"]);
    assert_eq!(events(&f.span("production", "outer")), ["after"]);
}

#[test]
fn one_span_gets_both_events_whatever_library_created_it() {
    let f = fixture();
    f.scope(|| info_span!("known").in_scope(|| info!(value = ?logs(), "first")));
    f.tracer("canary").in_span("unknown", || info!(value = ?logs(), "first"));
    assert_eq!(events(&f.span("production", "known")), ["inner", "first"]);
    assert_eq!(events(&f.span("canary", "unknown")), ["inner", "first"]);
}

#[test]
fn an_error_fails_the_innermost_span_only() {
    let f = fixture();
    let io = std::io::Error::other("disk");
    in_two_spans(&f, || {
        error!(value = ?logs(), cause = &io as &dyn std::error::Error, "failed");
    });
    let (canary, outer) = (f.span("canary", "canary"), f.span("production", "outer"));
    assert_eq!((&canary.status, &outer.status), (&Status::error(""), &Status::Unset));
    assert_eq!(attribute(&canary, "exception.message").as_deref(), Some("disk"));
    assert_eq!(attribute(&outer, "exception.message"), None);
    assert_eq!((events(&canary), events(&outer)), (vec!["inner", "failed"], vec!["after"]));
}

#[test]
fn an_event_that_names_its_span_keeps_it() {
    let f = fixture();
    f.scope(|| {
        let named = info_span!("named");
        in_two_spans(&f, || {
            info!(parent: &named, value = ?logs(), "explicit");
            info!(parent: None, value = ?logs(), "nowhere");
        });
    });
    assert_eq!(events(&f.span("production", "named")), ["explicit"]);
    // nothing formats the value of an event without a span
    assert_eq!(events(&f.span("canary", "canary")), ["inner"]);
    assert_eq!(events(&f.span("production", "outer")), ["after"]);
}

#[instrument(fields(late), err)]
fn fails() -> Result<(), std::io::Error> {
    Span::current().record("late", "recorded");
    Err(std::io::Error::other("told to"))
}

#[test]
fn spans_inside_a_value_keep_their_changes() {
    let f = fixture();
    in_two_spans(&f, || {
        let value = Value(|| {
            fails().unwrap_err();
            Span::current().set_attribute("from", "value");
        });
        info!(?value, "first");
    });
    let fails = f.span("canary", "fails");
    assert!(matches!(fails.status, Status::Error { .. }));
    assert_eq!(attribute(&fails, "late").as_deref(), Some("recorded"));
    assert!(attribute(&fails, "busy_ns").is_some());
    assert_eq!(fails.events.len(), 1);
    assert_eq!(events(&f.span("canary", "canary")), ["first"]);
    let outer = f.span("production", "outer");
    assert_eq!((events(&outer), attribute(&outer, "from").as_deref()), (vec!["after"], Some("value")));
}

#[test]
fn a_panic_in_a_value_affects_no_later_event_or_change() {
    for times in [1, 200] {
        let f = fixture();
        in_two_spans(&f, || {
            for _ in 0..times {
                survive(|| error!(value = ?panics(), "lost"));
            }
            let outer = Span::current();
            outer.set_attribute("exception.message", "kept");
            outer.set_attribute("other", "kept");
            outer.set_status(Status::error("kept"));
            outer.add_event("direct", Vec::new());
            info!(value = ?logs(), "later");
        });
        let outer = f.span("production", "outer");
        assert_eq!(events(&outer), ["direct", "after"]);
        assert_eq!(attribute(&outer, "exception.message").as_deref(), Some("kept"));
        assert_eq!(attribute(&outer, "other").as_deref(), Some("kept"));
        assert_eq!(outer.status, Status::error("kept"));
        let canary = f.span("canary", "canary");
        assert_eq!((events(&canary), &canary.status), (vec!["inner", "later"], &Status::Unset));
        assert_eq!(attribute(&canary, "exception.message"), None);
    }
}

#[test]
fn a_panic_inside_a_value_that_survives_it_affects_no_event() {
    let f = fixture();
    let formatted = Cell::new(0);
    let value = Value(|| {
        formatted.set(formatted.get() + 1);
        survive(|| info!(value = ?panics(), "lost"));
    });
    in_two_spans(&f, || error!(?value, "first"));
    assert_eq!(formatted.get(), 1);
    let (canary, outer) = (f.span("canary", "canary"), f.span("production", "outer"));
    assert_eq!((events(&canary), &canary.status), (vec!["first"], &Status::error("")));
    assert_eq!((events(&outer), &outer.status), (vec!["after"], &Status::Unset));
}

#[traced]
fn child() {
    info!(value = ?Value(child_of_value), "in child");
}

#[traced]
fn child_of_value() {
    info!("in the child of the value");
}

#[test]
fn a_traced_function_inside_a_value_is_a_child() {
    let f = fixture();
    in_two_spans(&f, child);
    let (child, inner) = (f.span("canary", "child"), f.span("canary", "child_of_value"));
    assert_eq!(inner.parent_span_id, child.span_context.span_id());
    assert_eq!((events(&child), events(&inner)), (vec!["in child"], vec!["in the child of the value"]));
}
