//! The ways to spawn work that keep or lose the span: the table in docs/semantics.md.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use multitracer::testing::TestRegistry;
use multitracer::{
    WithTracerExt as _, assert_isolated, assert_no_orphans, assert_tree, carry, carry_async, carry_fn, traced,
};
use rayon::prelude::{IntoParallelIterator as _, ParallelIterator as _};
use tokio::task::JoinSet;

#[traced]
async fn outer(work: impl Future<Output = ()>) {
    work.await;
}

#[traced]
fn inner() {}

#[traced]
async fn async_inner() {
    tokio::task::yield_now().await;
}

async fn calls_inner() {
    tokio::task::yield_now().await;
    inner();
}

/// Runs `work` in a span of the canary tracer, and returns the span tree.
async fn run_in_span(work: impl Future<Output = ()>) -> String {
    let test = TestRegistry::new(["production", "canary"]);
    outer(work).with_tracer(&test.tracer("canary")).await;
    assert_isolated!(test);
    assert_no_orphans!(test);
    test.trees().to_string()
}

const KEPT: &str = "canary\n  outer\n    inner\n";
const LOST: &str = "canary\n  outer\n";

#[tokio::test(flavor = "multi_thread")]
async fn some_ways_to_run_work_keep_the_span() {
    assert_eq!(run_in_span(async { calls_inner().await }).await, KEPT);
    assert_eq!(run_in_span(async { tokio::join!(calls_inner(), async {}).0 }).await, KEPT);
    assert_eq!(run_in_span(async { std::thread::scope(|_| inner()) }).await, KEPT);
    assert_eq!(run_in_span(async { tokio::task::block_in_place(inner) }).await, KEPT);
    // the parent of a traced call is the span of the call
    let spawned = run_in_span(async { tokio::spawn(async_inner()).await.unwrap() }).await;
    assert_eq!(spawned, "canary\n  outer\n    async_inner\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_ways_to_run_work_lose_the_span() {
    assert_eq!(run_in_span(async { tokio::spawn(calls_inner()).await.unwrap() }).await, LOST);
    assert_eq!(run_in_span(async { tokio::task::spawn_blocking(inner).await.unwrap() }).await, LOST);
    assert_eq!(run_in_span(async { std::thread::spawn(inner).join().unwrap() }).await, LOST);
    assert_eq!(run_in_span(async { rayon::scope(|scope| scope.spawn(|_| inner())) }).await, LOST);
    assert_eq!(run_in_span(async { (0..64).into_par_iter().for_each(|_| inner()) }).await, LOST);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_helpers_keep_the_span_everywhere() {
    assert_eq!(run_in_span(async { multitracer::spawn(calls_inner()).await.unwrap() }).await, KEPT);
    assert_eq!(run_in_span(async { multitracer::spawn_blocking(inner).await.unwrap() }).await, KEPT);
    assert_eq!(run_in_span(async { multitracer::spawn_thread(inner).join().unwrap() }).await, KEPT);
    assert_eq!(run_in_span(async { std::thread::spawn(carry(inner)).join().unwrap() }).await, KEPT);
    let scoped = async {
        std::thread::scope(|threads| threads.spawn(carry(inner)).join().unwrap());
    };
    assert_eq!(run_in_span(scoped).await, KEPT);
    let callback = async { tokio::spawn(carry_async(|()| calls_inner())(())).await.unwrap() };
    assert_eq!(run_in_span(callback).await, KEPT);
    // a library may also call the closure in a task of its own
    let callback = async {
        let callback = carry_async(|()| async { calls_inner().await });
        tokio::spawn(async { callback(()).await }).await.unwrap();
    };
    assert_eq!(run_in_span(callback).await, KEPT);
    let set = async {
        let mut set = JoinSet::new();
        set.spawn(calls_inner().with_current_tracer());
        set.join_all().await;
    };
    assert_eq!(run_in_span(set).await, KEPT);
    let rayon = async { (0..64).into_par_iter().for_each(carry_fn(|_| inner())) };
    assert_eq!(run_in_span(rayon).await.matches("    inner\n").count(), 64);
    let rayon = async {
        let inner = carry(inner);
        rayon::scope(|scope| scope.spawn(|_| inner()));
    };
    assert_eq!(run_in_span(rayon).await, KEPT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_may_outlive_the_span_it_was_spawned_in() {
    let test = TestRegistry::new(["production", "canary"]);
    let (send, receive) = tokio::sync::oneshot::channel::<()>();
    let task = async {
        let mut task = None;
        outer(async {
            task = Some(multitracer::spawn(async move {
                receive.await.unwrap();
                calls_inner().await;
            }));
        })
        .await;
        task
    };
    let task = task.with_tracer(&test.tracer("canary")).await.unwrap();
    assert_tree!(test.trees(), LOST);
    send.send(()).unwrap();
    task.await.unwrap();
    assert_tree!(test.trees(), KEPT);
}
