//! Futures without a span of their own, where an installed registry takes what loses its context.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, traced};
use opentelemetry::Context;
use tokio::task::yield_now;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
async fn outer() {
    yield_now().await;
    inner().await;
}

#[traced]
async fn inner() {
    yield_now().await;
}

#[traced(enabled = false)]
async fn without_span() {
    yield_now().await;
    inner().await;
}

#[traced(tracer = "off")]
async fn on_off() {
    inner().await;
}

#[traced(tracer = "canary")]
async fn on_canary() {
    inner().await;
}

const YAML: &str = "
default_tracer: production
tracers:
  production: {}
  canary: {}
  off: {enabled: false}
  throttled: {limits: {max_spans_per_trace: 1}}
";

/// Returns the installed registry, for one test at a time.
fn installed() -> (&'static TestRegistry, MutexGuard<'static, ()>) {
    static REGISTRY: LazyLock<TestRegistry> = LazyLock::new(|| {
        let test = TestRegistry::from_yaml(YAML).unwrap();
        // the guard would shut the registry down
        std::mem::forget(multitracer::install(test.registry().clone()).unwrap());
        test
    });
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    REGISTRY.clear();
    (&REGISTRY, guard)
}

fn check(test: &TestRegistry, expected: &str) {
    assert_isolated!(test);
    assert_no_orphans!(test);
    assert_eq!(test.trees().to_string(), expected);
}

#[test]
fn a_spawned_future_without_a_span_keeps_the_context_of_its_call() {
    let (test, _guard) = installed();
    test.registry().set_sample_rate("canary", 0.1).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for _ in 0..1_000 {
        let task = test.tracer("canary").in_span("request", || runtime.spawn(outer()));
        runtime.block_on(task).unwrap();
    }
    test.registry().reset_sample_rate("canary").unwrap();
    assert_isolated!(test);
    assert_no_orphans!(test);
    assert_eq!(test.spans("production"), []);
    let spans = test.spans("canary");
    assert_eq!(spans.len() % 3, 0, "each trace is whole or absent");
    assert!(spans.len() < 900, "about one trace in ten is sampled");
}

/// Spawns the future of `call` where `tracer` is ambient, and awaits it elsewhere.
fn run_elsewhere<F: Future<Output = ()> + Send + 'static>(
    test: &TestRegistry,
    tracer: &str,
    call: impl FnOnce() -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = test.tracer(tracer).in_span("request", || runtime.spawn(call()));
    runtime.block_on(task).unwrap();
}

#[test]
fn a_spawned_future_of_a_disabled_tracer_stays_silent() {
    let (test, _guard) = installed();
    run_elsewhere(test, "off", outer);
    check(test, "");
    run_elsewhere(test, "off", on_off);
    check(test, "");
}

#[test]
fn a_spawned_future_with_enabled_false_keeps_the_parent() {
    let (test, _guard) = installed();
    run_elsewhere(test, "canary", without_span);
    check(test, "canary\n  request\n    inner\n");
}

#[test]
fn a_spawned_future_of_a_suppressed_context_stays_silent() {
    let (test, _guard) = installed();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = test.tracer("canary").scope(|| {
        let _suppressed = Context::current().with_telemetry_suppressed().attach();
        runtime.spawn(outer())
    });
    runtime.block_on(task).unwrap();
    check(test, "");
}

#[test]
fn a_throttled_future_keeps_the_context_of_its_call() {
    let (test, _guard) = installed();
    run_elsewhere(test, "throttled", outer);
    check(test, "throttled\n  request\n");
}

#[test]
fn one_tracer_under_an_unsampled_caller_makes_no_new_roots() {
    let (test, _guard) = installed();
    test.registry().set_sample_rate("production", 0.0).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = test.tracer("production").in_span("request", || runtime.spawn(outer()));
    test.registry().reset_sample_rate("production").unwrap();
    runtime.block_on(task).unwrap();
    check(test, "");
    run_elsewhere(test, "production", on_canary);
    check(test, "production\n  request\ncanary\n  on_canary (linked to request of production)\n    inner\n");
}

#[test]
fn an_explicit_parent_of_tracing_brings_the_default_tracer_along() {
    let (test, _guard) = installed();
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
    tracing::subscriber::with_default(subscriber, || {
        let parent = tracing::info_span!("parent");
        test.tracer("canary").scope(|| {
            tracing::info_span!(parent: &parent, "child").in_scope(|| ());
        });
    });
    assert_isolated!(test);
    assert_no_orphans!(test);
    let trees = test.trees().only_attributes([""; 0]).to_string();
    assert_eq!(trees, "production\n  parent\n    child\n");
}
