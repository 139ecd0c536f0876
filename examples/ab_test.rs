//! An A/B test: a hash of the user's id selects the variant, and each variant has its own project.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::BTreeMap;

use multitracer::experiment::Assignment;
use multitracer::{Registry, traced};

const CONFIG: &str = "
default_tracer: app
defaults: {service: {name: shop}, exporter: console}
tracers:
  app: {project: shop}
  control: {project: ab-test-control}
  friendly: {project: ab-test-friendly}
experiments:
  prompt_tone:
    variants: [{name: control, weight: 70}, {name: friendly, weight: 30}]
    fallback: app
";

// the assignment selects the tracer, and the span records it as `feature_flag.*`
#[traced(tracer = assignment, fields(user.id = user))]
fn greet(assignment: &Assignment, user: &str) -> String {
    match assignment.variant() {
        Some("friendly") => format!("Hello, {user}!"),
        _ => "Good day.".to_owned(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tracing = multitracer::install(Registry::from_yaml(CONFIG)?)?;
    let experiment = tracing.registry().experiment("prompt_tone")?;

    for user in ["ada", "grace", "barbara", ""] {
        let assignment = experiment.assign(user);
        let again = experiment.assign(user);
        assert_eq!(assignment.variant(), again.variant(), "the same user gets the same variant");
        println!(
            "{user:8} {:9} {:8} {}",
            assignment.variant().unwrap_or("-"),
            assignment.reason(),
            greet(&assignment, user)
        );
    }

    let mut counts = BTreeMap::new();
    for n in 0..10_000 {
        let assignment = experiment.assign(&format!("user-{n}"));
        *counts.entry(assignment.variant().unwrap_or("-").to_owned()).or_insert(0) += 1;
    }
    println!("of 10,000 users: {counts:?}");

    tracing.shutdown_blocking(std::time::Duration::from_secs(5))?;
    Ok(())
}
