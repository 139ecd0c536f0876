//! Futures that are called while no tracer of the process is enabled.
//!
//! The file has one test, because another registry would keep a tracer enabled.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use multitracer::testing::TestRegistry;
use multitracer::traced;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;

#[traced]
async fn step() {
    plain();
}

#[traced]
fn plain() {}

#[tokio::test]
async fn a_future_called_while_every_tracer_was_disabled_moves_to_no_other_project() {
    let test = TestRegistry::new(["production", "canary"]);
    test.registry().set_all_enabled(false).unwrap();
    let future = test.tracer("canary").scope(step);
    test.registry().set_all_enabled(true).unwrap();
    // another request, which is traced, polls the future
    let request = test.tracer("production").in_span("request", Context::current);
    future.with_context(request).await;
    let names: Vec<_> = test.spans("production").iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["request"], "{}", test.trees());
}
