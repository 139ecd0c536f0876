//! Tests of traced code: a registry in memory for each test, and spans as text.
//!
//! ```sh
//! cargo test --example testing
//! cargo run --example testing      # prints a tree
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use multitracer::testing::TestRegistry;
use multitracer::{Registry, traced};

/// The configuration of the program. In a test, it exports to memory and samples every trace.
const CONFIG: &str = r#"
default_tracer: production
defaults: {exporter: {otlp_http: {headers: {authorization: "Bearer key"}}}}
tracers: {production: {sample_rate: 0.01}, canary: {}, control: {}, treatment: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
experiments: {tone: {variants: [{name: control}, {name: treatment}]}}
"#;

#[traced(fields(question), err)]
async fn answer(question: &str) -> Result<String, std::fmt::Error> {
    if question.is_empty() {
        return Err(std::fmt::Error);
    }
    Ok(generate(question, "user-42").await)
}

/// Uses the current registry: the registry of the test in a test, else the installed registry.
async fn generate(question: &str, user: &str) -> String {
    let tone = Registry::current().and_then(|registry| registry.experiment("tone").ok());
    let assignment = tone.map(|tone| tone.assign(user));
    call_model(question, assignment.as_ref()).await
}

#[traced(tracer = assignment, kind = "client")]
async fn call_model(question: &str, assignment: Option<&multitracer::experiment::Assignment>) -> String {
    question.to_uppercase()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestRegistry::from_yaml(CONFIG)?;
    test.run(answer("why")).await?;
    println!("{}", test.trees().with_ids());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use multitracer::testing::TestRegistry;
    use multitracer::{WithTracerExt as _, assert_isolated, assert_no_orphans, assert_tree};

    use super::{CONFIG, answer};

    #[tokio::test]
    async fn an_answer_is_generated_on_the_tracer_of_its_variant() {
        let test = TestRegistry::from_yaml(CONFIG).unwrap();
        assert_eq!(test.run(answer("why")).await.unwrap(), "WHY");
        assert_tree!(test.trees(), "
            production
              answer question=why
            treatment
              call_model [client] feature_flag.key=tone feature_flag.result.variant=treatment feature_flag.result.reason=split (linked to answer of production)
        ");
        assert_isolated!(test);
        assert_no_orphans!(test);
    }

    #[tokio::test]
    async fn a_failure_is_marked_on_the_span() {
        let test = TestRegistry::from_yaml(CONFIG).unwrap();
        let route = test.registry().route(&[("x-canary-user", "true")]);
        answer("").with_tracer(&route).await.unwrap_err();
        let span = test.span("canary", "answer");
        assert!(matches!(span.status, opentelemetry::trace::Status::Error { .. }));
        assert!(test.spans("production").is_empty());
    }
}
