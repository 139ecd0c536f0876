//! The memory and threads of idle tracers, beside as many `SdkTracerProvider`s.
//!
//! `cargo bench -p multitracer-benches --bench thousand_tracers -- [TRACERS]`
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::env;
use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_benches::{argument, resident, threads};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

/// An endpoint that no process serves. The benchmark sends nothing.
const ENDPOINT: &str = "http://127.0.0.1:9/v1/traces";

/// The budget of threads for all tracers.
const MAX_THREADS: f64 = 2.0;
/// The budget of memory for each tracer, in KiB.
const MAX_MEMORY: f64 = 16.0;

fn main() -> Result<(), Box<dyn Error>> {
    let tracers: u32 = argument(0, 1000);
    match env::var("THOUSAND_TRACERS").as_deref() {
        Ok("ours") => return measure(tracers, ours),
        Ok("stock") => return measure(tracers, stock),
        _ => println!("{tracers} tracers that are configured and idle"),
    }
    println!("{:>10}  {:>7}  {:>10}  {:>9}", "", "threads", "KiB each", "set up in");
    let mut found = Vec::new();
    for which in ["ours", "stock"] {
        let output = Command::new(env::current_exe()?)
            .arg(tracers.to_string())
            .env("THOUSAND_TRACERS", which)
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [threads, memory, time] = numbers[..] else { return Err(format!("{which}: {text}").into()) };
        println!("{which:>10}  {threads:>7}  {memory:>10.1}  {time:>7.0}ms");
        found.push((threads, memory));
    }
    let (threads, memory) = found[0];
    println!("budget: {MAX_THREADS} threads, {MAX_MEMORY} KiB each");
    if threads > MAX_THREADS || memory > MAX_MEMORY {
        return Err("over budget".into());
    }
    Ok(())
}

/// Sets the tracers up, and prints the number of new threads, the memory for each tracer, and the
/// time.
fn measure<T>(tracers: u32, set_up: fn(u32) -> Result<T, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let (memory, running, started) = (resident(), threads(), Instant::now());
    let kept = set_up(tracers)?;
    let elapsed = started.elapsed();
    // wait until the new threads are idle
    std::thread::sleep(Duration::from_millis(500));
    let each = resident().saturating_sub(memory) as f64 / f64::from(tracers);
    println!("{} {each} {}", threads() - running, elapsed.as_millis());
    // exit without a shutdown, because the providers would shut down one after another
    std::mem::forget(kept);
    std::process::exit(0);
}

fn ours(tracers: u32) -> Result<Registry, Box<dyn Error>> {
    let mut builder = Registry::builder().default_tracer("tracer-0");
    for number in 0..tracers {
        let tracer = TracerBuilder::new(format!("tracer-{number}"))
            .project(format!("project-{number}"))
            .environment("production")
            .service_name("shop")
            .otlp_http(ENDPOINT)
            .header("authorization", format!("Bearer key-{number}"))
            .sample_rate(0.1);
        builder = builder.tracer(tracer);
    }
    Ok(builder.build()?)
}

fn stock(tracers: u32) -> Result<Vec<SdkTracerProvider>, Box<dyn Error>> {
    let provider = |number: u32| {
        let exporter = SpanExporter::builder().with_http().with_endpoint(ENDPOINT).build()?;
        let resource = Resource::builder_empty()
            .with_service_name("shop")
            .with_attribute(opentelemetry::KeyValue::new("project.name", format!("project-{number}")))
            .build();
        Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
    };
    (0..tracers).map(provider).collect()
}
