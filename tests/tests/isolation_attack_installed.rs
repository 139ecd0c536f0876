//! Small hostile programs with an installed registry, whose default tracer needs no frame.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;

use axum::http::{Request, Response};
use futures_util::FutureExt as _;
use multitracer::export::InMemoryExporter;
use multitracer::manual::SpanBuilder;
use multitracer::{Registry, TracerBuilder, TracingGuard, WithTracerExt as _, carry, traced};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanId, TraceContextExt as _, Tracer as _, TracerProvider as _, mark_span_as_active,
};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
fn work() {}

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        work();
    }
}

#[traced]
async fn pending() {
    let _on_drop = OnDrop;
    std::future::pending::<()>().await;
}

struct World {
    guard: TracingGuard,
    production: InMemoryExporter,
    canary: InMemoryExporter,
}

/// Returns the spans as `p[a b>a] c[..]`: each name, and the name of its parent.
fn take(world: &World) -> String {
    let mut text = String::new();
    for (project, exporter) in [("p", &world.production), ("c", &world.canary)] {
        let spans = exporter.take();
        for span in &spans {
            let parent = spans.iter().find(|other| other.span_context.span_id() == span.parent_span_id);
            let parent = match parent {
                Some(parent) => format!(">{}", parent.name),
                None if span.parent_span_id != SpanId::INVALID => ">ORPHAN".to_owned(),
                None if span.links.is_empty() => String::new(),
                None => "+link".to_owned(),
            };
            text += &format!("{project}.{}{parent} ", span.name);
        }
    }
    text.trim_end().to_owned()
}

/// One test, because the installed registry is one for the process.
#[test]
fn the_default_tracer_without_a_frame() {
    let [production, canary] = [(); 2].map(|()| InMemoryExporter::new());
    let builder = |default: &str, project: &str| {
        Registry::builder()
            .tracer(TracerBuilder::new("production").project(project).in_memory(&production))
            .tracer(TracerBuilder::new("canary").in_memory(&canary))
            .default_tracer(default)
    };
    let guard = multitracer::install(builder("production", "p").build().unwrap()).unwrap();
    let world = World { guard, production: production.clone(), canary: canary.clone() };
    let registry = world.guard.registry();
    let canary = registry.tracer("canary").unwrap();
    let library = multitracer::tracer_provider().tracer("library");

    // what is dropped in a task without a context
    let drop_elsewhere = |mut future: futures_util::future::BoxFuture<'static, ()>, is_polled: bool| {
        if is_polled {
            assert!(future.as_mut().now_or_never().is_none());
        }
        std::thread::spawn(move || drop(future)).join().unwrap();
        take(&world)
    };
    let block = || async {
        let _on_drop = OnDrop;
        std::future::pending::<()>().await;
    };
    assert_eq!(drop_elsewhere(canary.scope(pending).boxed(), true), "c.work>pending c.pending");
    assert_eq!(drop_elsewhere(block().with_tracer(&canary).boxed(), true), "c.work");
    let moved = |on_drop: OnDrop| async move { drop(on_drop) };
    assert_eq!(drop_elsewhere(moved(OnDrop).with_tracer(&canary).boxed(), false), "c.work");

    // spans without a frame are found again
    let started = library.start("outer");
    let saved = Context::new().with_span(started);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let _attached = saved.clone().attach();
            work();
            canary.scope(work);
            carry(work)();
        });
    });
    drop(saved);
    assert_eq!(take(&world), "p.work>outer p.work>outer p.outer c.work+link");

    // a span of canary without a frame makes canary ambient
    let started = canary.scope(|| library.start("outer"));
    {
        let _active = mark_span_as_active(started);
        work();
        library.in_span("query", |_| work());
    }
    assert_eq!(take(&world), "c.work>outer c.work>query c.query>outer c.outer");

    // spans of tracing
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = info_span!("a");
        let of_canary = canary.scope(|| info_span!("b"));
        canary.in_span("request", || span.in_scope(work));
        span.in_scope(|| of_canary.in_scope(|| span.in_scope(work)));
    });
    assert_eq!(take(&world), "p.work>a p.work>a p.a c.request c.b");

    // the default tracer changes inside of its own span, and back
    library.in_span("outer", |_| {
        registry.reload(builder("canary", "p")).unwrap();
        work();
        SpanBuilder::new("built").in_scope(work);
        std::thread::scope(|threads| drop(threads.spawn(work)));
    });
    work();
    assert_eq!(take(&world), "p.work>outer p.work>built p.built>outer p.outer c.work c.work");
    let task = canary.in_span("request", || pending().boxed());
    registry.reload(builder("production", "p")).unwrap();
    assert_eq!(drop_elsewhere(task, true), "c.request c.work>pending c.pending>request");

    // the default tracer changes inside of a request, which has no frame
    let reloading = service_fn(|_request: Request<String>| {
        registry.reload(builder("canary", "p")).unwrap();
        work();
        async {
            work();
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    });
    let request = registry.http_layer().layer(reloading).oneshot(Request::new(String::new()));
    drop(request.now_or_never().unwrap().unwrap());
    assert_eq!(take(&world), "p.work>GET p.work>GET p.GET");
    registry.reload(builder("production", "p")).unwrap();

    // a changed build of the default tracer
    let manual = SpanBuilder::new("old").start();
    registry.reload(builder("production", "p2")).unwrap();
    manual.in_scope(work);
    let _cx = Context::new().with_remote_span_context(manual.span_context()).attach();
    work();
    drop(manual);
    assert_eq!(take(&world), "p.work>old p.work>old p.old");
}
