//! Existing instrumentation that follows the ambient tracer.
//!
//! It comes from `tracing`, `log` and crates that use OpenTelemetry.
//!
//! Log lines name their trace.
//!
//! ```sh
//! cargo run --example tracing_bridge
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use multitracer::subscriber::LogFormat;
use multitracer::testing::TestRegistry;
use multitracer::traced;
use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;

// a span that the application already has
#[tracing::instrument(skip_all)]
fn handle(question: &str) {
    tracing::info!(question, "asked");
    rank(question);
}

// a span that it adds
#[traced(fields(length = question.len()))]
fn rank(question: &str) {
    if question.is_empty() {
        // the event sets the status of the span `rank`
        tracing::error!("nothing to rank");
    }
    query();
}

// a span of an instrumented library
fn query() {
    global::tracer("some-database").in_span("query", |_cx| tracing::debug!("one row"));
}

fn run() -> Result<TestRegistry, Box<dyn Error>> {
    // once, at start-up
    global::set_tracer_provider(multitracer::tracer_provider());
    let lines = tracing_subscriber::fmt::layer().event_format(LogFormat::text(format().without_time()));
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer()).with(lines);
    tracing::subscriber::set_global_default(subscriber)?;

    // this registry keeps spans in memory; a program calls `multitracer::init("config.yaml")?`
    let test = TestRegistry::new(["production", "canary"]);
    test.scope(|| handle("what is a span"));
    test.tracer("canary").scope(|| handle(""));
    Ok(test)
}

fn main() -> Result<(), Box<dyn Error>> {
    let test = run()?;
    println!("\n{}", test.trees().with_events());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use multitracer::assert_tree;

    #[test]
    fn spans_of_all_libraries_nest() {
        let test = super::run().unwrap();
        assert_tree!(
            test.trees().with_events(),
            "
            production
              handle
                - asked question=what is a span
                rank length=14
                  query
                    - one row
            canary
              handle
                - asked question=
                rank ERROR length=0
                  - nothing to rank
                  query
                    - one row
        "
        );
    }
}
