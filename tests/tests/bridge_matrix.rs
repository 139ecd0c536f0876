//! The parent, tracer, trace and events of each kind of span inside each other kind.
//!
//! The inner span is called, awaited, spawned, or made on another thread. As in a program, the
//! process has one subscriber and one OpenTelemetry provider. Each test has its own registry.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Once;
use std::thread;

use multitracer::manual::{ManualSpan, SpanBuilder};
use multitracer::testing::TestRegistry;
use multitracer::{WithTracerExt as _, assert_isolated, assert_no_orphans, async_span, span, traced};
use opentelemetry::trace::{FutureExt as _, SpanId, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::SpanData;
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Traced,
    Instrument,
    OpenTelemetry,
    Macro,
    Builder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Called,
    Awaited,
    Spawned,
    OnThread,
}

const KINDS: [Kind; 5] = [Kind::Traced, Kind::Instrument, Kind::OpenTelemetry, Kind::Macro, Kind::Builder];
const WAYS: [Way; 4] = [Way::Called, Way::Awaited, Way::Spawned, Way::OnThread];

type Work = Box<dyn FnOnce() + Send>;
type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Kind {
    fn call(self, name: &'static str, work: Work) {
        match self {
            Self::Traced => traced_call(name, work),
            Self::Instrument => instrumented_call(name, work),
            Self::OpenTelemetry => global::tracer("library").in_span(name, |_cx| work()),
            Self::Macro => {
                let _span = span!(name);
                work();
            }
            Self::Builder => SpanBuilder::new(name).in_scope(work),
        }
    }

    fn job(self, name: &'static str, job: Job) -> Job {
        match self {
            Self::Traced => Box::pin(traced_job(name, job)),
            Self::Instrument => Box::pin(instrumented_job(name, job)),
            Self::OpenTelemetry => {
                let span = global::tracer("library").start(name);
                let cx = Context::current_with_span(span);
                Box::pin(async move {
                    job.with_context(cx.clone()).await;
                    cx.span().end();
                })
            }
            Self::Macro => Box::pin(async_span!(name; job)),
            Self::Builder => Box::pin(SpanBuilder::new(name).in_future(job)),
        }
    }
}

#[traced(name = name)]
fn traced_call(name: &'static str, work: Work) {
    work();
}

#[traced(name = name)]
async fn traced_job(name: &'static str, job: Job) {
    job.await;
}

#[tracing::instrument(skip_all, fields(otel.name = name))]
fn instrumented_call(name: &'static str, work: Work) {
    work();
}

#[tracing::instrument(skip_all, fields(otel.name = name))]
async fn instrumented_job(name: &'static str, job: Job) {
    job.await;
}

/// Makes a span inside a span, each with an event. The event of the inner span is an error.
async fn nest(outer: Kind, inner: Kind, way: Way, between: fn(Work) -> Work) {
    let last = || tracing::error!("inner event");
    match way {
        Way::Called => outer.call(
            "outer",
            Box::new(move || {
                between(Box::new(move || inner.call("inner", Box::new(last))))();
                tracing::info!("outer event");
            }),
        ),
        Way::OnThread => outer.call(
            "outer",
            Box::new(move || {
                let cx = Context::current();
                let other = move || {
                    let _attached = cx.attach();
                    between(Box::new(move || inner.call("inner", Box::new(last))))();
                };
                thread::spawn(other).join().unwrap();
                tracing::info!("outer event");
            }),
        ),
        Way::Awaited => {
            let job = async move {
                let cx = context_inside(between);
                inner.job("inner", Box::pin(async move { yield_and(last).await })).with_context(cx).await;
                tokio::task::yield_now().await;
                tracing::info!("outer event");
            };
            outer.job("outer", Box::pin(job)).await;
        }
        Way::Spawned => {
            let job = async move {
                let cx = context_inside(between);
                let attached = cx.clone().attach();
                let inner = inner.job("inner", Box::pin(async move { yield_and(last).await }));
                drop(attached);
                tokio::spawn(inner.with_context(cx)).await.unwrap();
                tracing::info!("outer event");
            };
            outer.job("outer", Box::pin(job)).await;
        }
    }
}

async fn yield_and(work: impl FnOnce()) {
    tokio::task::yield_now().await;
    work();
}

/// Returns the context that work has inside `between`.
fn context_inside(between: fn(Work) -> Work) -> Context {
    let (send, receive) = std::sync::mpsc::channel();
    between(Box::new(move || send.send(Context::current()).unwrap()))();
    receive.recv().unwrap()
}

fn fixture() -> TestRegistry {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        global::set_tracer_provider(multitracer::tracer_provider());
        let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    TestRegistry::new(["production", "canary"])
}

fn run(test: &TestRegistry, job: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(job.with_tracer(&test.tracer("canary")));
}

fn find<'a>(spans: &'a [SpanData], name: &str, case: &str) -> &'a SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| unreachable!("no span {name}: {case}"))
}

fn events(span: &SpanData) -> Vec<String> {
    span.events.iter().map(|event| event.name.to_string()).collect()
}

#[test]
fn every_kind_of_span_nests_in_every_other() {
    let f = fixture();
    for (outer_kind, inner_kind, way) in cases() {
        let case = format!("{inner_kind:?} in {outer_kind:?}, {way:?}");
        f.clear();
        run(&f, nest(outer_kind, inner_kind, way, |work| work));

        let spans = f.spans("canary");
        assert_eq!(spans.len(), 2, "{case}: {spans:#?}");
        assert!(f.spans("production").is_empty(), "{case}");
        let (outer, inner) = (find(&spans, "outer", &case), find(&spans, "inner", &case));
        assert_eq!(outer.parent_span_id, SpanId::INVALID, "{case}");
        assert_eq!(inner.parent_span_id, outer.span_context.span_id(), "{case}");
        assert_eq!(inner.span_context.trace_id(), outer.span_context.trace_id(), "{case}");
        assert_eq!(
            (events(outer), events(inner)),
            (vec!["outer event".into()], vec!["inner event".into()]),
            "{case}"
        );
        assert_eq!(outer.status, Status::Unset, "{case}");
        assert!(matches!(inner.status, Status::Error { .. }), "{case}");
        for (kind, span) in [(outer_kind, outer), (inner_kind, inner)] {
            let scope = match kind {
                Kind::OpenTelemetry => "library",
                Kind::Instrument => "tracing",
                _ => "multitracer",
            };
            assert_eq!(span.instrumentation_scope.name(), scope, "{case}");
        }
    }
    assert_no_orphans!(f);
}

/// Between the two spans, the work enters the production tracer and then canary again. Each project
/// gets its own whole trace.
#[test]
fn every_kind_of_span_finds_the_outer_span_of_its_own_tracer() {
    let f = fixture();
    for (outer_kind, inner_kind, way) in cases() {
        let case = format!("{inner_kind:?} in {outer_kind:?}, {way:?}");
        f.clear();
        run(
            &f,
            nest(outer_kind, inner_kind, way, |work| {
                Box::new(move || {
                    let registry = multitracer::current_tracer().unwrap().registry().clone();
                    let (production, canary) =
                        (registry.tracer("production").unwrap(), registry.tracer("canary").unwrap());
                    production.in_span("between", || canary.scope(work));
                })
            }),
        );

        let spans = f.spans("canary");
        let between = f.spans("production");
        assert_eq!((spans.len(), between.len()), (2, 1), "{case}");
        let (outer, inner) = (find(&spans, "outer", &case), find(&spans, "inner", &case));
        assert_eq!(inner.parent_span_id, outer.span_context.span_id(), "{case}");
        assert_eq!(inner.span_context.trace_id(), outer.span_context.trace_id(), "{case}");
        let between = &between[0];
        assert_eq!(between.parent_span_id, SpanId::INVALID, "{case}");
        assert_ne!(between.span_context.trace_id(), outer.span_context.trace_id(), "{case}");
        assert_eq!(between.links.links[0].span_context, outer.span_context, "{case}");
        assert_eq!(events(inner), ["inner event"], "{case}");
        assert_isolated!(f);
        assert_no_orphans!(f);
    }
}

fn cases() -> impl Iterator<Item = (Kind, Kind, Way)> {
    KINDS.into_iter().flat_map(|outer| {
        KINDS.into_iter().flat_map(move |inner| WAYS.into_iter().map(move |way| (outer, inner, way)))
    })
}

#[test]
fn a_manual_span_moves_between_threads() {
    let f = fixture();
    let canary = f.tracer("canary");
    let span: ManualSpan = canary.scope(|| SpanBuilder::new("download").start());
    let span = thread::spawn(move || {
        span.in_scope(|| tracing::info!("chunk"));
        span.in_scope(|| traced_call("inside", Box::new(|| {})));
        span
    })
    .join()
    .unwrap();
    assert_eq!(f.spans("canary").len(), 1, "the download span has not ended");
    drop(span);
    let spans = f.spans("canary");
    let (download, inside) = (find(&spans, "download", ""), find(&spans, "inside", ""));
    assert_eq!(inside.parent_span_id, download.span_context.span_id());
    assert_eq!(events(download), ["chunk"]);
}
