//! Programs that the model test (`tests/tests/model`) found, each as small as it gets.

use multitracer::builder::RouteBuilder;
use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, WithTracerExt as _, assert_tree, traced};
use opentelemetry::trace::SpanId;

#[traced]
fn work() {}

#[tokio::test(flavor = "current_thread")]
async fn the_name_of_a_builder_waits_for_a_registry() {
    let test = TestRegistry::new(["production", "canary"]);
    let job = SpanBuilder::new("job").tracer("canary").in_future(async {});
    job.with_tracer(&test.tracer("production")).await;
    assert_tree!(
        test.trees(),
        "
        canary
          job
    "
    );
}

/// A message without a span of its own does not take the caller's span from the route that trusted
/// baggage named.
#[test]
fn a_remote_span_arrives_once() {
    let tracers = ["production", "canary"].map(TracerBuilder::new);
    let builder = tracers.into_iter().fold(Registry::builder(), |builder, tracer| builder.tracer(tracer));
    let route = RouteBuilder::to_tracer("canary-users", "canary").header("x-canary-user", "true");
    let test =
        TestRegistry::from_builder(builder.default_tracer("production").trusted_baggage(true).route(route));
    let Ok(test) = test else { unreachable!("the registry is complete") };
    let headers = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("baggage", "multitracer.route=canary-users"),
    ];
    let message = [("content-type", "text/plain")];
    test.registry().receive(&headers).scope(|| test.registry().receive(&message).scope(work));
    let work = test.span("production", "work");
    assert_eq!(work.parent_span_id, SpanId::INVALID, "the caller's span is in the project of canary");
}
