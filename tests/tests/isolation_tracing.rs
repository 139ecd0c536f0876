//! The tracer of `tracing` spans that leave their context, and guards that leave their order.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, span, traced};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

use self::captured_log::CapturedLog;

#[traced]
fn work() {}

fn run(test: &TestRegistry, f: impl FnOnce()) {
    let layer = test.registry().tracing_layer();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), f);
}

fn check(test: &TestRegistry, expected: &str) {
    assert_isolated!(test);
    assert_no_orphans!(test);
    let trees = test.trees().only_attributes([""; 0]).to_string();
    assert_eq!(trees, expected);
}

#[test]
fn an_explicit_parent_brings_the_default_tracer_along() {
    let test = TestRegistry::new(["production", "canary"]);
    run(&test, || {
        // no context is entered here, as in a process whose registry is installed
        let parent = info_span!("parent");
        test.tracer("canary").scope(|| {
            info_span!(parent: &parent, "child").in_scope(|| {
                work();
                info_span!(parent: None, "root").in_scope(work);
            });
        });
    });
    check(&test, "production\n  parent\n    child\n      work\n  root\n    work\n");
}

#[test]
fn a_root_span_under_a_silent_tracer_is_silent() {
    for yaml in [
        "{default_tracer: production, tracers: {production: {}, canary: {enabled: false}}}",
        "{default_tracer: production, unknown_tracer: drop, tracers: {production: {}}}",
    ] {
        let test = TestRegistry::from_yaml(yaml).unwrap();
        run(&test, || {
            test.scope(|| {
                SpanBuilder::new("silent").tracer("canary").in_scope(|| {
                    info_span!(parent: None, "root").in_scope(|| {
                        work();
                        info_span!("child").in_scope(work);
                    });
                });
            });
        });
        check(&test, "");
    }
}

#[test]
fn an_event_of_a_silent_function_lands_on_no_other_span() {
    let test = TestRegistry::new(["production", "canary"]);
    test.registry().set_enabled("canary", false).unwrap();
    run(&test, || {
        test.tracer("production").in_span("request", || {
            test.tracer("canary").in_span("silent", || tracing::info!("of canary"));
            tracing::info!("of production");
        });
    });
    let events = test.span("production", "request").events;
    let names: Vec<_> = events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["of production"]);
}

#[test]
fn an_own_root_in_a_frameless_span_of_another_tracer_stays_with_it() {
    let test = TestRegistry::new(["production", "canary"]);
    run(&test, || {
        let root = test.tracer("canary").scope(|| info_span!(parent: None, "root"));
        root.in_scope(|| {
            info_span!(parent: None, "second").in_scope(work);
            work();
        });
    });
    check(&test, "canary\n  root\n    work\n  second\n    work\n");
}

#[tokio::test]
async fn a_guard_that_is_held_over_an_await_is_warned_about() {
    let test = TestRegistry::new(["production"]);
    let log = CapturedLog::default();
    let writer = log.clone();
    let fmt = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _subscriber = tracing::subscriber::set_default(fmt);
    let held = async |name: &'static str| {
        let _guard = SpanBuilder::new(name).enter();
        tokio::task::yield_now().await;
    };
    test.run(async {
        let _guard = span!("in order");
        drop(span!("inner"));
    })
    .await;
    assert_eq!(log.text(), "");
    test.run(async { tokio::join!(held("first"), held("second")) }).await;
    let text = log.text();
    assert!(text.contains("isolation_tracing.rs"), "{text}");
    assert!(text.contains("a span guard was dropped while another span was current"), "{text}");
    assert!(text.contains("use `async_span!` instead"), "{text}");
}
