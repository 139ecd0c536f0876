//! Reloads of the installed registry.
//!
//! A context without a frame belongs to the default tracer. A reload does not move a trace that
//! began under the old default tracer.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use multitracer::builder::RegistryBuilder;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder, current_tracer, traced};
use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry_sdk::trace::SpanData;

#[traced]
fn unnamed(inside: impl FnOnce()) {
    inside();
}

#[traced(tracer = "production")]
fn production(inside: impl FnOnce()) {
    inside();
}

#[traced(tracer = "canary")]
fn canary(inside: impl FnOnce()) {
    inside();
}

fn is_one_trace(spans: &[SpanData]) -> bool {
    let roots = spans.iter().filter(|span| span.parent_span_id == SpanId::INVALID).count();
    roots == 1 && spans.iter().all(|span| span.span_context.trace_id() == spans[0].span_context.trace_id())
}

// one test, because a process has one installed registry
#[test]
fn a_trace_that_began_under_the_old_default_tracer_stays_whole() {
    let [old, new, other] = [(); 3].map(|()| InMemoryExporter::new());
    let build = |default: &str, project: &str, spans: &InMemoryExporter| -> RegistryBuilder {
        Registry::builder()
            .tracer(TracerBuilder::new("production").project(project).in_memory(spans))
            .tracer(TracerBuilder::new("canary").in_memory(&other))
            .default_tracer(default)
    };
    let tracing = multitracer::install(build("production", "old", &old).build().unwrap()).unwrap();
    let registry = tracing.registry();
    let nothing = || {};

    // another tracer becomes the default; the old default tracer still exists
    unnamed(|| {
        registry.reload(build("canary", "old", &old)).unwrap();
        unnamed(|| canary(|| unnamed(|| production(nothing))));
        assert_eq!(current_tracer().unwrap().name(), "production");
    });
    assert_eq!((old.spans().len(), other.spans().len()), (3, 2));
    assert!(is_one_trace(&old.take()));
    let visit = other.take();
    assert!(is_one_trace(&visit));
    assert_eq!(visit[1].links.len(), 1, "the switch to the new default tracer makes a link");
    unnamed(|| assert_eq!(current_tracer().unwrap().name(), "canary"));
    assert_eq!(other.take().len(), 1);

    // the default tracer gets a new build
    registry.reload(build("production", "old", &old)).unwrap();
    unnamed(|| {
        registry.reload(build("production", "new", &new)).unwrap();
        unnamed(|| production(nothing));
        let detached = opentelemetry::Context::current();
        std::thread::spawn(move || {
            let _attached = detached.attach();
            unnamed(nothing);
        })
        .join()
        .unwrap();
    });
    assert_eq!((old.spans().len(), new.spans().len()), (4, 0));
    assert!(is_one_trace(&old.take()));

    // a span after the end of the old build begins a new trace with a link
    let mut late = None;
    unnamed(|| late = Some(opentelemetry::Context::current()));
    registry.reload(build("production", "newer", &old)).unwrap();
    let late = late.unwrap();
    assert_eq!(new.spans().len(), 1);
    assert_eq!(
        registry.report().tracers().len(),
        4,
        "the old build has not been drained: {}",
        registry.report()
    );
    let attached = late.clone().attach();
    unnamed(nothing);
    drop(attached);
    let span = &old.spans()[0];
    assert_eq!((span.parent_span_id, span.links.len()), (SpanId::INVALID, 1));
    assert_ne!(span.span_context.trace_id(), late.span().span_context().trace_id());
}
