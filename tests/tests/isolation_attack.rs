//! Small hostile programs, held against `docs/semantics.md`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::stream::{self, FuturesUnordered, select_all};
use futures_util::{FutureExt as _, StreamExt as _};
use multitracer::builder::RouteBuilder;
use multitracer::manual::SpanBuilder;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{
    Registry, TracerBuilder, WithTracerExt as _, assert_isolated, assert_no_orphans, async_span, carry,
    carry_async, carry_fn, span, traced,
};
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, TraceContextExt as _, TraceFlags, TraceState, Tracer as _,
    TracerProvider as _,
};
use tokio::task::yield_now;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
fn work() {}

#[traced]
async fn inner() {
    yield_now().await;
}

/// Makes a span when it is dropped.
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

#[traced]
async fn with_argument(on_drop: OnDrop) {
    let _ = &on_drop;
    std::future::pending::<()>().await;
}

#[traced]
async fn panics() {
    let _on_drop = OnDrop;
    yield_now().await;
    std::panic::resume_unwind(Box::new(()));
}

fn registry() -> TestRegistry {
    TestRegistry::new(["production", "canary"])
}

#[track_caller]
fn check(test: &TestRegistry, expected: &str) {
    assert_eq!(test.trees().to_string(), expected);
    assert_isolated!(test);
    assert_no_orphans!(test);
}

/// Polls the future once and drops it, inside a request of production.
fn cancel<F: Future>(test: &TestRegistry, future: F) {
    let mut future = Box::pin(future);
    test.tracer("production").in_span("other", || {
        assert!(future.as_mut().now_or_never().is_none());
        drop(future);
        work();
    });
}

const OTHER: &str = "production\n  other\n    work\n";

#[test]
fn a_future_that_another_request_drops_keeps_its_context() {
    let test = registry();
    let canary = test.tracer("canary");
    let cancelled = "multitracer.cancelled=true";
    cancel(&test, canary.scope(pending));
    check(&test, &format!("{OTHER}canary\n  pending {cancelled}\n    work\n"));
    test.clear();
    cancel(&test, canary.scope(|| with_argument(OnDrop)));
    check(&test, &format!("{OTHER}canary\n  with_argument {cancelled}\n    work\n"));
    test.clear();
    let block = async {
        let _on_drop = OnDrop;
        std::future::pending::<()>().await;
    };
    cancel(&test, block.with_tracer(&canary));
    check(&test, &format!("{OTHER}canary\n  work\n"));
    test.clear();
    let block = || async {
        let _on_drop = OnDrop;
        std::future::pending::<()>().await;
    };
    cancel(&test, canary.scope(|| async_span!("block"; block())));
    check(&test, &format!("{OTHER}canary\n  block {cancelled}\n    work\n"));
    test.clear();
    cancel(&test, canary.scope(|| SpanBuilder::new("block").in_future(block())));
    check(&test, &format!("{OTHER}canary\n  block {cancelled}\n    work\n"));
    test.clear();
    cancel(&test, canary.scope(|| carry_async(|()| block()))(()));
    check(&test, &format!("{OTHER}canary\n  work\n"));
}

#[test]
fn what_an_unpolled_future_drops_stays_with_its_call() {
    let test = registry();
    let future = test.tracer("canary").scope(|| with_argument(OnDrop));
    test.tracer("production").in_span("other", || drop(future));
    check(&test, "production\n  other\ncanary\n  work\n");
}

#[test]
fn what_an_unpolled_decided_future_drops_stays_with_its_decision() {
    let test = registry();
    let on_drop = OnDrop;
    let future = async move { drop(on_drop) }.with_tracer(&test.tracer("canary"));
    test.tracer("production").in_span("other", || drop(future));
    check(&test, "production\n  other\ncanary\n  work\n");
}

#[test]
fn what_an_unpolled_block_drops_stays_with_its_call() {
    let test = registry();
    let on_drop = OnDrop;
    let future = test.tracer("canary").scope(|| async_span!("block"; async move { drop(on_drop) }));
    test.tracer("production").in_span("other", || drop(future));
    check(&test, "production\n  other\ncanary\n  work\n");
}

#[test]
fn what_an_unpolled_manual_future_drops_stays_with_its_call() {
    let test = registry();
    let on_drop = OnDrop;
    let future =
        test.tracer("canary").scope(|| SpanBuilder::new("block").in_future(async move { drop(on_drop) }));
    test.tracer("production").in_span("other", || drop(future));
    check(&test, "production\n  other\ncanary\n  work\n");
}

#[tokio::test]
async fn what_select_timeout_and_abort_drop_stays_with_its_span() {
    let test = registry();
    let canary = test.tracer("canary");
    let expected = "canary\n  pending multitracer.cancelled=true\n    work\n";
    async {
        tokio::select! { biased; () = pending() => {}, () = yield_now() => {} }
    }
    .with_tracer(&canary)
    .await;
    check(&test, expected);
    test.clear();
    let _ = tokio::time::timeout(Duration::from_millis(1), canary.scope(pending)).await;
    check(&test, expected);
    test.clear();
    let task = tokio::spawn(canary.scope(pending));
    yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    check(&test, expected);
    test.clear();
    let task = canary.in_span("request", || tokio::spawn(with_argument(OnDrop)));
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    check(&test, "canary\n  request\n    work\n");
}

#[tokio::test]
async fn what_a_panic_drops_stays_with_its_span() {
    let test = registry();
    let canary = test.tracer("canary");
    let caught = AssertUnwindSafe(canary.scope(panics)).catch_unwind();
    assert!(SpanBuilder::new("other").tracer(&test.tracer("production")).in_future(caught).await.is_err());
    let tree = test.trees().to_string();
    assert!(tree.contains("canary\n  panics") && tree.contains("\n    work\n"), "{tree}");
    let _ = catch_unwind(AssertUnwindSafe(|| canary.scope(|| std::panic::resume_unwind(Box::new(())))));
    assert!(!Context::current().has_active_span() && multitracer::current_tracer().is_none());
}

#[test]
fn a_future_dropped_on_another_thread_keeps_its_context() {
    let test = registry();
    let mut future = Box::pin(test.tracer("canary").scope(pending));
    assert!(future.as_mut().now_or_never().is_none());
    std::thread::spawn(move || drop(future)).join().unwrap();
    check(&test, "canary\n  pending multitracer.cancelled=true\n    work\n");
}

thread_local! {
    static KEPT: std::cell::RefCell<Vec<Box<dyn std::any::Any>>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// The destructors of a thread must not panic and not abort.
#[test]
fn the_destructors_of_a_thread_do_no_harm() {
    let test = registry();
    let canary = test.tracer("canary");
    let library = test.registry().tracer_provider().tracer("library");
    let copy = test.clone();
    std::thread::spawn(move || {
        let mut future = Box::pin(canary.scope(pending));
        assert!(future.as_mut().now_or_never().is_none());
        let unpolled = canary.scope(|| with_argument(OnDrop));
        let manual = canary.scope(|| SpanBuilder::new("manual").start());
        let guard = canary.scope(|| SpanBuilder::new("guard").enter());
        let carried = canary.scope(|| carry(work));
        let decided = async { OnDrop }.with_tracer(&canary);
        let in_library = library.start("library");
        let active = opentelemetry::trace::mark_span_as_active(library.start("active"));
        let received = copy.registry().receive(&[("a", "b")]);
        struct Last(multitracer::Tracer);
        impl Drop for Last {
            fn drop(&mut self) {
                self.0.scope(work);
                self.0.in_span("late", work);
                let _ = outgoing_headers();
                let _ = multitracer::current_tracer();
                let _ = Registry::current();
                carry(work)();
                carry_fn(|()| work())(());
                let mut future = Box::pin(inner().with_tracer(&self.0));
                let _ = future.as_mut().now_or_never();
                let _span = span!("late");
                SpanBuilder::new("late").in_scope(work);
            }
        }
        let last = Last(canary.clone());
        KEPT.with_borrow_mut(|kept| {
            kept.push(Box::new(last));
            kept.push(Box::new(future));
            kept.push(Box::new(unpolled));
            kept.push(Box::new(manual));
            kept.push(Box::new(decided));
            kept.push(Box::new(in_library));
            kept.push(Box::new(received));
            kept.push(Box::new(carried));
            kept.push(Box::new(active));
            kept.push(Box::new(guard));
        });
    })
    .join()
    .unwrap();
    assert_isolated!(test);
}

#[test]
fn helpers_of_threads_keep_the_innermost_scope() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let expected = "canary\n  request (linked to outer of production)\n    work\n    work\n";
    let nested = |f: &(dyn Fn() + Sync)| production.in_span("outer", || canary.in_span("request", f));
    nested(&|| {
        std::thread::scope(|threads| drop(threads.spawn(carry(|| (work(), production.scope(|| canary.scope(work)))))));
    });
    let production_tree = "production\n  outer\n";
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| drop(rayon::join(carry(work), carry(work))));
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| {
        use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
        [1, 2].into_par_iter().for_each(carry_fn(|_| work()));
    });
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        sender.send(Context::current()).unwrap();
        sender.send(Context::current()).unwrap();
        drop(sender);
        let canary = test.tracer("production");
        std::thread::scope(|threads| {
            threads.spawn(|| {
                canary.in_span("consumer", || {
                    for cx in receiver {
                        let _attached = cx.attach();
                        work();
                    }
                });
            });
        });
    });
    check(&test, &format!("{production_tree}  consumer\n{expected}"));
}

fn wrapped(span: &SpanContext, is_remote: bool) -> SpanContext {
    SpanContext::new(span.trace_id(), span.span_id(), TraceFlags::SAMPLED, is_remote, TraceState::NONE)
}

/// A span that was wrapped again as a local one keeps its owner.
#[test]
fn a_wrapped_span_keeps_its_owner_while_it_is_local() {
    let test = registry();
    let manual = test.tracer("canary").scope(|| SpanBuilder::new("manual").start());
    let local = wrapped(&manual.span_context(), false);
    let attached = || Context::new().with_remote_span_context(local.clone()).attach();
    {
        let _attached = attached();
        work();
        test.tracer("production").scope(work);
    }
    drop(manual);
    check(&test, "production\n  work (linked to manual of canary)\ncanary\n  manual\n    work\n");
}

#[test]
fn what_an_unpolled_future_drops_follows_a_decision() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    drop(production.scope(|| with_argument(OnDrop)).with_tracer(&canary));
    let on_drop = OnDrop;
    let block = production.scope(|| SpanBuilder::new("block").in_future(async move { drop(on_drop) }));
    drop(block.with_tracer(&canary));
    check(&test, "canary\n  work\n  work\n");
}

/// The values of a finished stream drop in its trace.
#[test]
fn what_a_finished_stream_drops_stays_with_its_span() {
    #[traced]
    fn numbers(on_drop: OnDrop) -> impl futures_util::Stream<Item = u32> {
        stream::iter([1]).map(move |number| {
            let _ = &on_drop;
            number
        })
    }
    let test = registry();
    let mut numbers = test.tracer("canary").scope(|| Box::pin(numbers(OnDrop)));
    assert_eq!(numbers.next().now_or_never(), Some(Some(1)));
    assert_eq!(numbers.next().now_or_never(), Some(None));
    test.tracer("production").in_span("other", || drop(numbers));
    check(&test, "production\n  other\ncanary\n  numbers\n    work\n");
}

type Response = http::Response<http_body_util::StreamBody<stream::BoxStream<'static, Frame>>>;
type Frame = Result<http_body::Frame<bytes::Bytes>, std::convert::Infallible>;

fn routed() -> TestRegistry {
    let builder = ["production", "canary"].map(TracerBuilder::new).into_iter().fold(Registry::builder(), |builder, tracer| builder.tracer(tracer));
    let route = RouteBuilder::to_tracer("canary-users", "canary").header("x-canary-user", "true");
    TestRegistry::from_builder(builder.default_tracer("production").route(route)).unwrap()
}

fn request() -> http::Request<()> {
    http::Request::get("/").header("x-canary-user", "true").body(()).unwrap()
}

/// A client that goes away drops the handler in the task of the connection.
#[test]
fn what_a_cancelled_handler_drops_stays_with_its_request() {
    let test = routed();
    let handler = tower::service_fn(|_: http::Request<()>| async {
        let _on_drop = OnDrop;
        std::future::pending::<Result<Response, std::convert::Infallible>>().await
    });
    let mut service = tower::Layer::layer(&test.registry().http_layer(), handler);
    cancel(&test, tower::Service::call(&mut service, request()));
    let tree = test.tree("canary").to_string();
    assert!(tree.starts_with("GET") && tree.ends_with("\n  work\n"), "{tree}");
    assert_eq!(test.tree("production").to_string(), OTHER.replace("production\n", "").replace("  other", "other").replace("    work", "  work"));
}

/// The values of a body drop in the trace of its request, read to its end or not.
#[test]
fn what_a_body_drops_stays_with_its_request() {
    for frames in 0..3 {
        let test = routed();
        let handler = tower::service_fn(|_: http::Request<()>| async {
            let on_drop = OnDrop;
            let frames = stream::iter([1]).map(move |_| {
                let _ = &on_drop;
                Ok(http_body::Frame::data(bytes::Bytes::from_static(b"1")))
            });
            Ok::<Response, std::convert::Infallible>(http::Response::new(http_body_util::StreamBody::new(frames.boxed())))
        });
        let mut service = tower::Layer::layer(&test.registry().http_layer(), handler);
        let response = tower::Service::call(&mut service, request()).now_or_never().unwrap().unwrap();
        let mut body = Box::pin(response.into_body());
        for _ in 0..frames {
            let _ = http_body_util::BodyExt::frame(&mut body).now_or_never();
        }
        test.tracer("production").in_span("other", || drop(body));
        let tree = test.tree("canary").to_string();
        assert!(tree.starts_with("GET") && tree.ends_with("\n  work\n"), "{frames}: {}", test.trees());
        assert_eq!(test.tree("production").to_string(), "other\n");
    }
}

/// Streams and sets of futures poll each future in its own context.
#[tokio::test]
async fn sets_of_futures_keep_the_context_of_each_call() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let calls = || [production.scope(inner), canary.scope(inner)];
    let expected = "production\n  inner\ncanary\n  inner\n";
    calls().into_iter().collect::<FuturesUnordered<_>>().collect::<Vec<_>>().with_tracer(&production).await;
    check(&test, expected);
    test.clear();
    stream::iter(calls()).buffer_unordered(2).collect::<Vec<_>>().await;
    check(&test, expected);
    test.clear();
    let streams = calls().map(|call| call.into_stream().boxed());
    select_all(streams).collect::<Vec<_>>().await;
    check(&test, expected);
    test.clear();
    let in_context = |tracer: &multitracer::Tracer| {
        async { inner().await }.with_context(tracer.context(&Context::new())).boxed()
    };
    futures_util::future::join(in_context(&canary), in_context(&production)).await;
    check(&test, expected);
}

#[async_trait::async_trait]
trait Job {
    async fn run(&self);
}

struct Import;

#[traced]
#[async_trait::async_trait]
impl Job for Import {
    async fn run(&self) {
        inner().await;
    }
}

#[tokio::test]
async fn boxed_methods_of_traits_follow_the_rules() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let job: Box<dyn Job + Send + Sync> = Box::new(Import);
    production.scope(|| job.run()).with_tracer(&canary).await;
    check(&test, "canary\n  Import::run\n    inner\n");
    test.clear();
    let run = canary.in_span("request", || job.run());
    production.scope(|| tokio::runtime::Handle::current()).spawn(async {}).await.unwrap();
    run.with_context(production.context(&Context::new())).await;
    check(&test, "canary\n  request\n    Import::run\n      inner\n");
}

fn with_layer(test: &TestRegistry, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(test.registry().tracing_layer());
    tracing::subscriber::with_default(subscriber, f);
}

struct LogsOnDrop;

impl Drop for LogsOnDrop {
    fn drop(&mut self) {
        tracing::info!("dropped");
        work();
    }
}

#[tracing::instrument(skip_all)]
async fn instrumented(value: LogsOnDrop) {
    let _ = &value;
    std::future::pending::<()>().await;
}

#[test]
fn what_an_instrumented_future_drops_stays_with_its_span() {
    let test = registry();
    with_layer(&test, || {
        cancel(&test, instrumented(LogsOnDrop).with_tracer(&test.tracer("canary")));
    });
    check(&test, &format!("{OTHER}canary\n  instrumented\n    work\n"));
    assert_eq!(test.span("canary", "instrumented").events[0].name, "dropped");
    test.clear();
    with_layer(&test, || {
        let span = test.tracer("canary").scope(|| tracing::info_span!("outer"));
        cancel(&test, async { let _value = LogsOnDrop; std::future::pending::<()>().await }.instrument(span));
    });
    check(&test, &format!("{OTHER}canary\n  outer\n    work\n"));
}

#[test]
fn spans_of_tracing_that_stay_entered_or_follow_others() {
    let test = registry();
    with_layer(&test, || {
        let (a, b) = (test.tracer("canary").scope(|| tracing::info_span!("a")), test.tracer("production").scope(|| tracing::info_span!("b")));
        b.follows_from(&a);
        let entered_a = a.enter();
        let entered_b = b.enter();
        work();
        drop(entered_a);
        work();
        drop(entered_b);
        let context = a.context();
        let c = test.tracer("production").scope(|| tracing::info_span!("c"));
        let _ = c.set_parent(context);
        c.in_scope(work);
    });
    assert_eq!(multitracer::current_tracer().map(|tracer| tracer.name().to_owned()), None);
    check(&test, "production\n  b (linked to a of canary)\n    work\n    work\ncanary\n  a\n    c\n      work\n");
}

#[test]
fn wrapped_as_remote_it_belongs_to_the_default_tracer() {
    let test = registry();
    let manual = test.tracer("canary").scope(|| SpanBuilder::new("manual").start());
    let remote = wrapped(&manual.span_context(), true);
    {
        let _attached = Context::new().with_remote_span_context(remote.clone()).attach();
        test.tracer("canary").scope(work);
        test.scope(work);
    }
    drop(manual);
    eprintln!("REMOTE {}", test.trees());
}

#[test]
fn depth() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    for depth in [1_000, 2_000, 4_000, 8_000] {
        test.clear();
        let start = std::time::Instant::now();
        fn nest(tracers: [&multitracer::Tracer; 2], depth: usize) {
            if depth > 0 {
                tracers[depth % 2].scope(|| nest(tracers, depth - 1));
            } else { work(); }
        }
        std::thread::scope(|t| { std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(t, || nest([&production, &canary], depth)).unwrap(); });
        let scopes = start.elapsed();
        let start = std::time::Instant::now();
        fn spans(tracers: [&multitracer::Tracer; 2], depth: usize) {
            if depth > 0 {
                tracers[depth % 2].in_span("s", || spans(tracers, depth - 1));
            }
        }
        std::thread::scope(|t| { std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(t, || spans([&production, &canary], depth)).unwrap(); });
        let in_spans = start.elapsed();
        let start = std::time::Instant::now();
        let mut cx = Context::new();
        for at in 0..depth {
            let _attached = cx.attach();
            let span = SpanBuilder::new("s").tracer([&production, &canary][at % 2]).start();
            cx = span.context().clone();
        }
        let linear = start.elapsed();
        let start = std::time::Instant::now();
        drop(cx);
        eprintln!("DEPTH {depth}: scopes {scopes:?} spans {in_spans:?} linear {linear:?} drop {:?}", start.elapsed());
    }
}

#[test]
fn many_tracers() {
    for count in [100usize, 200, 400, 800, 1600] {
        let names: Vec<String> = (0..count).map(|n| format!("t{n}")).collect();
        let test = TestRegistry::new(names.iter().map(String::as_str));
        let tracers: Vec<_> = names.iter().map(|name| test.tracer(name)).collect();
        let start = std::time::Instant::now();
        let mut cx = Context::new();
        let mut kept = Vec::new();
        for tracer in &tracers {
            let _attached = cx.attach();
            let span = SpanBuilder::new("s").tracer(tracer).start();
            cx = span.context().clone();
            kept.push(span);
        }
        let entered = start.elapsed();
        let start = std::time::Instant::now();
        let attached = cx.clone().attach();
        for tracer in &tracers { tracer.scope(work); }
        drop(attached);
        eprintln!("TRACERS {count}: enter {entered:?} scope+span at depth {:?}", start.elapsed());
        for name in &names { assert_eq!(test.spans(name).len(), 1); }
    }
}
