//! The test registry: span trees, numbered ids and times, and the faults that its assertions find.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use multitracer::config::OnSwitch;
use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, assert_isolated, assert_no_orphans, assert_tree, span, traced};
use opentelemetry::KeyValue;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::Sampler;

#[traced(fields(user.id = user), err)]
fn answer(user: u64) -> Result<(), std::fmt::Error> {
    load();
    let _span = span!("model", kind = "client", tracer = "canary");
    multitracer::enrich_span([KeyValue::new("tokens", 12)]);
    Err(std::fmt::Error)
}

#[traced]
fn load() {
    opentelemetry::Context::current().span().add_event("cache", vec![KeyValue::new("hit", true)]);
}

#[test]
fn spans_are_printed_as_a_tree() {
    let test = TestRegistry::new(["production", "canary", "unused"]);
    test.scope(|| answer(7).unwrap_err());
    assert_tree!(
        test.trees(),
        r#"
        production
          answer ERROR "an error occurred when formatting an argument" user.id=7 error.type=core::fmt::Error
            load
        canary
          model [client] tokens=12 (linked to answer of production)
        "#
    );
    assert_tree!(
        test.tree("production").with_ids().with_times().with_events().only_attributes(["hit"]),
        r#"
        answer t1.s1 1..4 ERROR "an error occurred when formatting an argument"
          load t1.s2 2..3
            - cache hit=true
        "#
    );
    assert_tree!(test.tree("unused"), "");
    assert_isolated!(test);
    assert_no_orphans!(test);
    test.clear();
    assert_tree!(test.trees(), "");
}

#[test]
fn a_tree_can_show_selected_attributes() {
    let test = TestRegistry::new(["production"]);
    test.scope(|| {
        let _span = SpanBuilder::new("s")
            .attribute("http.route", "/")
            .attribute("http.other", 1)
            .attribute("url.path", "/")
            .enter();
    });
    assert_tree!(test.tree("production").only_attributes(["http.*"]), "s http.route=/ http.other=1");
    assert!(test.tree("production").all_attributes().to_string().contains("code.line.number="));
    assert!(!test.tree("production").to_string().contains("code."));
}

#[tokio::test(flavor = "multi_thread")]
async fn siblings_that_run_at_once_can_be_ordered_by_name() {
    let test = TestRegistry::new(["production"]);
    test.run(async {
        let _span = multitracer::async_span!("all"; async {
            let jobs = ["c", "a", "b"].map(|name| SpanBuilder::new(name).in_future(async { tokio::task::yield_now().await }));
            for job in jobs.map(tokio::spawn) {
                job.await.unwrap();
            }
        })
        .await;
    })
    .await;
    assert_tree!(test.tree("production").sorted(), "all\n  a\n  b\n  c");
}

#[test]
fn a_registry_from_yaml_has_its_routes_and_samples_every_trace() {
    let yaml = r#"
default_tracer: production
tracers: {production: {sample_rate: 0.0}, canary: {sampler: always_off}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;
    let test = TestRegistry::from_yaml(yaml).unwrap();
    test.registry().route(&[("x-canary-user", "true")]).tracer().scope(load);
    test.scope(load);
    assert_tree!(test.trees(), "production\n  load\ncanary\n  load");
    assert_eq!(test.span("canary", "load").span_kind, SpanKind::Internal);
    let error = TestRegistry::from_yaml("tracers: {}").unwrap_err();
    assert!(error.to_string().contains("tracers"), "{error}");
}

#[test]
fn a_registry_from_a_builder_keeps_its_samplers() {
    let builder = Registry::builder().tracer(TracerBuilder::new("production").sampler(Sampler::AlwaysOff));
    let test = TestRegistry::from_builder(builder).unwrap();
    test.scope(load);
    assert_tree!(test.trees(), "");
}

#[test]
fn the_current_registry_inside_a_test_scope_is_the_test_registry() {
    fn ask() -> Vec<String> {
        Registry::current().map_or_else(Vec::new, |registry| {
            registry.tracers().iter().map(|tracer| tracer.name().to_owned()).collect()
        })
    }
    let (a, b) = (TestRegistry::new(["a"]), TestRegistry::new(["b"]));
    assert_eq!((a.scope(ask), b.scope(ask), ask()), (vec!["a".to_owned()], vec!["b".to_owned()], vec![]));
}

#[test]
fn assertions_find_projects_that_share_a_trace() {
    let names = ["production", "canary"];
    let builder =
        names.iter().fold(Registry::builder(), |builder, name| builder.tracer(TracerBuilder::new(*name)));
    let test =
        TestRegistry::from_builder(builder.default_tracer("production").on_switch(OnSwitch::Child)).unwrap();
    test.scope(|| answer(7).unwrap_err());
    let wrong = test.check_isolated().unwrap_err();
    assert!(wrong.starts_with("`model` of canary is in the trace of `load` of production\n"), "{wrong}");
    assert!(wrong.contains("`model` of canary is a child of `answer` of production"), "{wrong}");
    let wrong = test.check_no_orphans().unwrap_err();
    assert!(
        wrong.starts_with("`model` of canary is an orphan: its parent is `answer` of production"),
        "{wrong}"
    );
    catch_unwind(AssertUnwindSafe(|| assert_isolated!(test))).unwrap_err();
    catch_unwind(AssertUnwindSafe(|| assert_no_orphans!(test))).unwrap_err();
    catch_unwind(AssertUnwindSafe(|| assert_tree!(test.tree("canary"), "model"))).unwrap_err();
}

#[test]
fn assertions_find_open_spans_and_lost_parents() {
    let test = TestRegistry::new(["production"]);
    let open = test.scope(|| SpanBuilder::new("open").start());
    open.in_scope(load);
    let wrong = test.check_no_orphans().unwrap_err();
    assert!(wrong.starts_with("`load` of production is an orphan: its parent has not ended"), "{wrong}");
    drop(open);
    assert_no_orphans!(test);

    let open = test.scope(|| SpanBuilder::new("open").start());
    assert_eq!(
        test.check_no_orphans().unwrap_err().lines().next(),
        Some("1 spans of production have not ended")
    );
    drop(open);

    let elsewhere =
        SpanContext::new(TraceId::from(7), SpanId::from(9), TraceFlags::SAMPLED, true, TraceState::default());
    let forgotten = test.scope(|| SpanBuilder::new("forgotten").start().span_context());
    test.clear();
    test.scope(|| drop(SpanBuilder::new("remote").parent(elsewhere).start()));
    assert_no_orphans!(test);
    assert_tree!(test.tree("production"), "remote (remote parent)");
    test.scope(|| drop(SpanBuilder::new("lost").parent(forgotten).start()));
    test.check_no_orphans().unwrap_err();
    assert_tree!(test.tree("production"), "remote (remote parent)\nlost (parent not here)");
}

/// Nothing recurses over spans: a trace can be deeper than the stack.
#[test]
fn a_deep_trace_is_shown_and_checked() {
    let test = TestRegistry::new(["production"]);
    test.scope(|| {
        let mut parent = SpanBuilder::new("root").start();
        for _ in 0..9_900 {
            let child = SpanBuilder::new("child").parent(parent.span_context()).start();
            parent.end();
            parent = child;
        }
    });
    assert_isolated!(test);
    assert_no_orphans!(test);
    let tree = test.tree("production").sorted().to_string();
    assert_eq!(tree.lines().count(), 9_901);
    assert!(tree.ends_with("(9900) child\n"), "a deep line has a number in place of spaces");
}
