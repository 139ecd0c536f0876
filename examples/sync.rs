//! A sync program without a runtime, with threads and scopes.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::thread;
use std::time::Duration;

use multitracer::{KeyValue, Registry, TracerBuilder, enrich_span, traced};
use opentelemetry::Context;

#[traced(fields(path), err)]
fn import(path: &str) -> Result<usize, std::num::ParseIntError> {
    let lines = read(path);
    // a new thread has no context, so it gets this one
    let cx = Context::current();
    thread::scope(|scope| {
        let parts: Vec<_> = lines
            .iter()
            .map(|line| {
                let cx = cx.clone();
                scope.spawn(move || {
                    let _attached = cx.attach();
                    parse(line)
                })
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap_or(Ok(0))).sum()
    })
}

#[traced]
fn read(path: &str) -> Vec<String> {
    enrich_span([KeyValue::new("file.name", path.to_owned())]);
    ["1", "2", if path == "bad.txt" { "x" } else { "3" }].map(str::to_owned).to_vec()
}

#[traced(fields(line))]
fn parse(line: &str) -> Result<usize, std::num::ParseIntError> {
    line.parse()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("importer").project("imports").service_name("importer").console())
        .tracer(TracerBuilder::new("dry_run").project("dry-runs").service_name("importer").console())
        .default_tracer("importer")
        .build()?;
    let dry_run = registry.tracer("dry_run")?;
    let tracing = multitracer::install(registry)?;

    println!("{:?}", import("good.txt"));
    dry_run.scope(|| println!("{:?}", import("bad.txt")));

    let report = tracing.shutdown_blocking(Duration::from_secs(5))?;
    println!("{report}");
    Ok(())
}
