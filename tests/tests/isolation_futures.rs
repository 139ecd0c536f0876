//! The context of a traced future: that of its call, whoever polls it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::pin::Pin;

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{WithTracerExt as _, assert_isolated, assert_no_orphans, traced};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;
use tokio::task::{LocalSet, yield_now};

#[traced]
async fn inner() {
    yield_now().await;
}

#[traced(enabled = false)]
async fn without_span() {
    yield_now().await;
    inner().await;
}

fn boxed() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(inner())
}

fn registry() -> TestRegistry {
    TestRegistry::new(["production", "canary"])
}

fn check(test: &TestRegistry, expected: &str) {
    assert_isolated!(test);
    assert_no_orphans!(test);
    assert_eq!(test.trees().to_string(), expected);
}

#[tokio::test]
async fn a_spawned_future_without_a_span_of_its_own_keeps_the_parent() {
    let test = registry();
    let spawned = test.tracer("canary").in_span("request", || tokio::spawn(without_span()));
    spawned.await.unwrap();
    check(&test, "canary\n  request\n    inner\n");
}

#[tokio::test]
async fn a_future_that_moves_after_its_first_poll_keeps_the_context_of_its_call() {
    let test = registry();
    let mut future = test.tracer("canary").in_span("request", || Box::pin(without_span()));
    assert!(future.as_mut().now_or_never().is_none());
    test.tracer("production").in_span("other", || tokio::spawn(future)).await.unwrap();
    check(&test, "production\n  other\ncanary\n  request\n    inner\n");
}

#[tokio::test]
async fn a_call_inside_a_scope_inside_of_with_tracer_follows_the_scope() {
    let test = registry();
    let canary = test.tracer("canary");
    async { canary.scope(|| inner()).await }.with_tracer(&test.tracer("production")).await;
    check(&test, "canary\n  inner\n");
}

#[tokio::test]
async fn a_shared_future_stays_with_the_request_that_called_it() {
    for is_decided in [false, true] {
        let test = registry();
        let shared = test.tracer("canary").in_span("request", || inner().shared());
        let other = shared.clone();
        let production = test.tracer("production");
        if is_decided {
            async { other.await }.with_tracer(&production).await;
        } else {
            SpanBuilder::new("other").tracer(&production).in_future(other).await;
        }
        shared.await;
        let tree = test.tree("canary").to_string();
        assert_eq!(tree, "request\n  inner\n");
    }
}

#[tokio::test]
async fn a_local_task_that_another_request_drives_stays_with_its_own() {
    let test = registry();
    let local = LocalSet::new();
    let task = test.tracer("canary").in_span("request", || local.spawn_local(inner()));
    local.run_until(async { task.await.unwrap() }).with_tracer(&test.tracer("production")).await;
    check(&test, "canary\n  request\n    inner\n");
}

#[test]
fn a_task_that_a_block_on_in_a_span_drives_stays_with_its_own() {
    let test = registry();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = test.tracer("canary").in_span("request", || runtime.spawn(inner()));
    test.tracer("production").in_span("other", || runtime.block_on(task)).unwrap();
    check(&test, "production\n  other\ncanary\n  request\n    inner\n");
}

#[tokio::test]
async fn an_explicit_decision_about_a_future_holds() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let expected = "canary\n  inner\n";
    let called = || production.scope(inner);
    called().with_tracer(&canary).await;
    check(&test, expected);
    for decided in [
        boxed().with_tracer(&canary).boxed(),
        called().boxed().with_tracer(&canary).boxed(),
        tokio::time::timeout(std::time::Duration::from_secs(9), called())
            .map(|_| ())
            .with_tracer(&canary)
            .boxed(),
        {
            let future = called();
            async move { future.await }.with_tracer(&canary).boxed()
        },
        {
            let future = called();
            canary.scope(|| future.with_current_tracer()).boxed()
        },
        {
            let futures: Vec<_> = (0..40).map(|_| inner()).collect();
            async move { drop(futures_util::future::join_all(futures).await) }.with_tracer(&canary).boxed()
        },
    ] {
        test.clear();
        decided.await;
        assert_isolated!(test);
        assert_eq!(test.spans("production"), []);
        assert!(!test.spans("canary").is_empty());
    }
}

#[tokio::test]
async fn a_spawn_helper_decides_about_a_future_that_was_called_elsewhere() {
    let test = registry();
    let future = test.tracer("production").scope(inner);
    test.tracer("canary").in_span("request", || multitracer::spawn(future)).await.unwrap();
    check(&test, "canary\n  request\n    inner\n");
}

#[tokio::test]
async fn a_spawn_helper_where_nothing_is_current_decides_nothing() {
    let test = registry();
    let future = test.tracer("canary").in_span("request", inner);
    multitracer::spawn(future).await.unwrap();
    check(&test, "canary\n  request\n    inner\n");
}

#[tokio::test]
async fn an_attached_context_decides_about_the_calls_inside_only() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let cx = canary.context(&Context::current());
    let called_before = production.scope(inner);
    called_before.with_context(cx.clone()).await;
    check(&test, "production\n  inner\n");
    test.clear();
    async { inner().await }.with_context(cx).await;
    check(&test, "canary\n  inner\n");
}

#[traced]
fn numbers(on_drop: OnDrop) -> impl Stream<Item = u32> {
    futures_util::stream::iter([1, 2]).map(move |number| {
        let _ = &on_drop;
        number
    })
}

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        sync_inner();
    }
}

#[traced]
fn sync_inner() {}

#[tokio::test]
async fn what_a_dropped_stream_drops_is_inside_of_its_span() {
    let test = registry();
    let mut stream = test.tracer("canary").scope(|| Box::pin(numbers(OnDrop)));
    assert_eq!(stream.next().await, Some(1));
    drop(stream);
    check(&test, "canary\n  numbers multitracer.cancelled=true\n    sync_inner\n");
}
