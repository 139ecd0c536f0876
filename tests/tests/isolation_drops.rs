//! The destructors of what cancelled, panicked and finished futures drop: their spans stay with the
//! request.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::any::Any;
use std::cell::RefCell;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, Stream};
use futures_util::{FutureExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use multitracer::builder::RouteBuilder;
use multitracer::manual::SpanBuilder;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{
    Registry, Tracer, TracerBuilder, WithTracerExt as _, assert_isolated, assert_no_orphans, async_span,
    carry, carry_async, carry_fn, span, traced,
};
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _, TracerProvider as _, mark_span_as_active};
use tokio::task::yield_now;
use tower::{Layer as _, Service as _, service_fn};
use tracing::Instrument as _;
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
    resume_unwind(Box::new(()));
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

fn with_layer(test: &TestRegistry, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(test.registry().tracing_layer());
    tracing::subscriber::with_default(subscriber, f);
}

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
    let _ = catch_unwind(AssertUnwindSafe(|| canary.scope(|| resume_unwind(Box::new(())))));
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
    static KEPT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

struct Last(Tracer);
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
        let active = mark_span_as_active(library.start("active"));
        let received = copy.registry().receive(&[("a", "b")]);
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
fn what_an_unpolled_future_drops_follows_a_decision() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    drop(production.scope(|| with_argument(OnDrop)).with_tracer(&canary));
    let on_drop = OnDrop;
    let block = production.scope(|| SpanBuilder::new("block").in_future(async move { drop(on_drop) }));
    drop(block.with_tracer(&canary));
    check(&test, "canary\n  work\n  work\n");
}

#[traced]
fn numbers(on_drop: OnDrop) -> impl Stream<Item = u32> {
    stream::iter([1]).map(move |number| {
        let _ = &on_drop;
        number
    })
}

/// The values of a finished stream drop in its trace.
#[test]
fn what_a_finished_stream_drops_stays_with_its_span() {
    let test = registry();
    let mut numbers = test.tracer("canary").scope(|| Box::pin(numbers(OnDrop)));
    assert_eq!(numbers.next().now_or_never(), Some(Some(1)));
    assert_eq!(numbers.next().now_or_never(), Some(None));
    test.tracer("production").in_span("other", || drop(numbers));
    check(&test, "production\n  other\ncanary\n  numbers\n    work\n");
}

type Response = http::Response<StreamBody<BoxStream<'static, Frame>>>;
type Frame = Result<http_body::Frame<bytes::Bytes>, Infallible>;

fn routed() -> TestRegistry {
    let builder = ["production", "canary"]
        .map(TracerBuilder::new)
        .into_iter()
        .fold(Registry::builder(), |builder, tracer| builder.tracer(tracer));
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
    let handler = service_fn(|_: http::Request<()>| async {
        let _on_drop = OnDrop;
        std::future::pending::<Result<Response, Infallible>>().await
    });
    let mut service = test.registry().http_layer().layer(handler);
    cancel(&test, service.call(request()));
    let tree = test.tree("canary").to_string();
    assert!(tree.starts_with("GET") && tree.ends_with("\n  work\n"), "{tree}");
    assert_eq!(test.tree("production").to_string(), "other\n  work\n");
}

/// The values of a body drop in the trace of its request, read to its end or not.
#[test]
fn what_a_body_drops_stays_with_its_request() {
    for frames in 0..3 {
        let test = routed();
        let handler = service_fn(|_: http::Request<()>| async {
            let on_drop = OnDrop;
            let frames = stream::iter([1]).map(move |_| {
                let _ = &on_drop;
                Ok(http_body::Frame::data(bytes::Bytes::from_static(b"1")))
            });
            Ok::<Response, Infallible>(http::Response::new(StreamBody::new(frames.boxed())))
        });
        let mut service = test.registry().http_layer().layer(handler);
        let response = service.call(request()).now_or_never().unwrap().unwrap();
        let mut body = Box::pin(response.into_body());
        for _ in 0..frames {
            let _ = body.frame().now_or_never();
        }
        test.tracer("production").in_span("other", || drop(body));
        let tree = test.tree("canary").to_string();
        assert!(tree.starts_with("GET") && tree.ends_with("\n  work\n"), "{frames}: {}", test.trees());
        assert_eq!(test.tree("production").to_string(), "other\n");
    }
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
        cancel(
            &test,
            async {
                let _value = LogsOnDrop;
                std::future::pending::<()>().await;
            }
            .instrument(span),
        );
    });
    check(&test, &format!("{OTHER}canary\n  outer\n    work\n"));
}
