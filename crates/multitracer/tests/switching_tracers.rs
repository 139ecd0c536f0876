//! The parents, roots and links of spans when calls switch between tracers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod two_tracers;

use multitracer::config::OnSwitch;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder, WithTracerExt as _, traced};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{Sampler, SpanData};

use self::two_tracers::TwoTracers;

fn find(spans: &InMemoryExporter, name: &str) -> SpanData {
    spans.spans().into_iter().find(|span| span.name == name).expect(name)
}

fn links(span: &SpanData) -> Vec<SpanId> {
    span.links.iter().map(|link| link.span_context.span_id()).collect()
}

fn remote() -> SpanContext {
    SpanContext::new(TraceId::from(7), SpanId::from(9), TraceFlags::SAMPLED, true, TraceState::default())
}

#[test]
fn a_switch_to_another_tracer_and_back_makes_two_whole_traces_with_a_link() {
    let f = TwoTracers::new(|builder| builder);
    f.span("production", "outer", || f.span("canary", "middle", || f.span("production", "inner", || {})));

    let (outer, middle, inner) =
        (find(&f.production, "outer"), find(&f.canary, "middle"), find(&f.production, "inner"));
    assert_eq!(outer.parent_span_id, SpanId::INVALID);
    assert_eq!(middle.parent_span_id, SpanId::INVALID);
    assert_ne!(middle.span_context.trace_id(), outer.span_context.trace_id());
    assert_eq!(links(&middle), [outer.span_context.span_id()]);
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
    assert_eq!(inner.span_context.trace_id(), outer.span_context.trace_id());
    assert!(links(&inner).is_empty());
    assert_eq!((f.production.spans().len(), f.canary.spans().len()), (2, 1));
}

#[test]
fn a_second_switch_to_the_same_tracer_continues_its_trace() {
    let f = TwoTracers::new(|builder| builder);
    f.span("canary", "a", || {
        f.span("production", "b", || f.span("canary", "c", || f.span("production", "d", || {})));
    });

    let (a, b) = (find(&f.canary, "a"), find(&f.production, "b"));
    assert_eq!(find(&f.canary, "c").parent_span_id, a.span_context.span_id());
    assert_eq!(find(&f.production, "d").parent_span_id, b.span_context.span_id());
}

#[test]
fn a_scope_changes_the_tracer_and_keeps_the_span() {
    let f = TwoTracers::new(|builder| builder);
    f.span("production", "outer", || {
        let before = Context::current().span().span_context().clone();
        f.registry.tracer("canary").unwrap().scope(|| {
            assert_eq!(multitracer::current_tracer().unwrap().name(), "canary");
            assert_eq!(Context::current().span().span_context(), &before);
            f.span("production", "still inside", || {});
        });
    });
    let outer = find(&f.production, "outer");
    assert_eq!(find(&f.production, "still inside").parent_span_id, outer.span_context.span_id());
}

#[test]
fn on_switch_child_makes_a_child_in_place_of_a_link() {
    let f = TwoTracers::new(|builder| builder.on_switch(OnSwitch::Child));
    f.span("production", "outer", || f.span("canary", "inner", || {}));
    let outer = find(&f.production, "outer");
    assert_eq!(find(&f.canary, "inner").parent_span_id, outer.span_context.span_id());
    assert!(links(&find(&f.canary, "inner")).is_empty());
}

#[test]
fn a_remote_span_is_a_parent_for_the_default_tracer_and_a_link_for_another() {
    let f = TwoTracers::new(|builder| builder);
    f.registry.scope(|| {
        let _attached = Context::current().with_remote_span_context(remote()).attach();
        f.span("production", "p", || {});
        f.span("canary", "c", || {});
    });
    let p = find(&f.production, "p");
    assert_eq!((p.parent_span_id, p.span_context.trace_id()), (SpanId::from(9), TraceId::from(7)));
    assert!(p.parent_span_is_remote);
    let c = find(&f.canary, "c");
    assert_eq!((c.parent_span_id, links(&c)), (SpanId::INVALID, vec![SpanId::from(9)]));
}

#[test]
fn an_unsampled_trace_stays_whole_and_still_propagates() {
    let production = InMemoryExporter::new();
    let f = TwoTracers::new(|builder| {
        builder.tracer(TracerBuilder::new("production").in_memory(&production).sampler(Sampler::AlwaysOff))
    });
    f.span("production", "root", || {
        let root = Context::current().span().span_context().clone();
        assert!(root.is_valid() && !root.is_sampled());
        f.span("production", "child", || {
            assert_eq!(Context::current().span().span_context(), &root);
        });
        f.span("canary", "own decision", || {
            f.span("production", "back", || {
                assert_eq!(Context::current().span().span_context(), &root);
            });
        });
    });
    assert!(production.spans().is_empty());
    assert_eq!(find(&f.canary, "own decision").parent_span_id, SpanId::INVALID);
    let report = f.registry.report();
    let line = report.tracer("production").unwrap();
    assert_eq!((line.started, line.sampled_out, line.exported), (3, 3, 0));
}

#[traced]
fn ambient() {}

#[traced(tracer = "canary")]
fn in_canary() {
    ambient();
}

#[traced(tracer = "production")]
fn in_production() {
    in_canary();
    ambient();
}

#[test]
fn an_unsampled_trace_affects_its_own_tracer_only() {
    let (silent, canary) = (InMemoryExporter::new(), InMemoryExporter::new());
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("production").in_memory(&silent).sampler(Sampler::AlwaysOff))
        .tracer(TracerBuilder::new("canary").in_memory(&canary))
        .default_tracer("production")
        .build()
        .unwrap();
    registry.scope(|| {
        in_production();
        // a scope changes the tracer and keeps the span
        registry
            .tracer("production")
            .unwrap()
            .in_span("root", || registry.tracer("canary").unwrap().scope(ambient));
    });
    let names: Vec<_> = canary.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["ambient", "in_canary", "ambient"]);
    assert!(canary.spans().iter().filter(|span| span.parent_span_id == SpanId::INVALID).count() == 2);
    let report = registry.report();
    let line = report.tracer("production").unwrap();
    assert_eq!((line.started, line.sampled_out), (3, 3), "{report}");

    registry.set_enabled("production", false).unwrap();
    registry.scope(in_production);
    assert_eq!(registry.report().tracer("production").unwrap().started, 3);
    assert_eq!(canary.spans().len(), 5);
}

#[test]
fn two_registries_do_not_mix() {
    let (f, g) = (TwoTracers::new(|builder| builder), TwoTracers::new(|builder| builder));
    f.span("production", "f", || g.span("production", "g", || f.span("production", "f2", || {})));
    let outer = find(&f.production, "f");
    assert_eq!(links(&find(&g.production, "g")), [outer.span_context.span_id()]);
    assert_eq!(find(&f.production, "f2").parent_span_id, outer.span_context.span_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_future_keeps_its_tracer_across_threads() {
    let f = TwoTracers::new(|builder| builder);
    let canary = f.registry.tracer("canary").unwrap();
    let work = async {
        tokio::task::yield_now().await;
        multitracer::current_tracer().unwrap().in_span("inside", || {});
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        multitracer::current_tracer().unwrap().name().to_owned()
    };
    assert_eq!(tokio::spawn(work.with_tracer(&canary)).await.unwrap(), "canary");
    assert_eq!(find(&f.canary, "inside").parent_span_id, SpanId::INVALID);
}

#[test]
fn every_span_is_accounted_for() {
    let f = TwoTracers::new(|builder| builder);
    for _ in 0..10 {
        f.span("production", "a", || f.span("canary", "b", || {}));
    }
    let report = f.registry.report();
    for tracer in report.tracers() {
        assert_eq!((tracer.started, tracer.exported, tracer.open()), (10, 10, 0), "{report}");
    }
}
