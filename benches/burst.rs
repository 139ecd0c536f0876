//! A burst of spans at a slow backend.
//!
//! `cargo bench -p multitracer-benches --bench burst -- [SPANS] [MILLISECONDS]`
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::error::Error;
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_benches::{Backend, argument, run_backend_if_asked};

fn main() -> Result<(), Box<dyn Error>> {
    if run_backend_if_asked()? {
        return Ok(());
    }
    let spans: usize = argument(0, 20_000);
    let delay = Duration::from_millis(argument(1, 50));
    println!("{spans} spans at once, {delay:?} for an export");
    let fits = burst("queue with room for all", spans, delay, |tracer| tracer.max_queue_size(spans))?;
    let default = burst("default queue", spans, delay, |tracer| tracer)?;
    if fits != 0 {
        return Err(format!("{fits} spans were lost, although the queue has room for all").into());
    }
    println!("default queue: {default} spans lost and counted");
    Ok(())
}

/// Makes a burst, checks the counters against the backend, and returns the number of lost spans.
fn burst(
    what: &str,
    spans: usize,
    delay: Duration,
    set: impl Fn(TracerBuilder) -> TracerBuilder,
) -> Result<u64, Box<dyn Error>> {
    let backend = Backend::start(delay)?;
    let tracer = set(TracerBuilder::new("burst").otlp_http(&backend.endpoint).export_timeout(Duration::ZERO));
    let registry = Registry::builder().tracer(tracer).build()?;
    let tracer = registry.default_tracer();
    let started = Instant::now();
    for _ in 0..spans {
        tracer.in_span("burst", || {});
    }
    let made = started.elapsed();
    let report = registry.shutdown_blocking(Duration::from_secs(120))?;
    let exported = started.elapsed();
    let got = backend.end()?;
    println!(
        "\n{what}: made in {made:?}, exported after {exported:?}\n{report}\nthe backend received {}",
        got.spans
    );
    let line = report.tracer("burst").ok_or("no line")?;
    let lost = spans as u64 - got.spans;
    if (line.started, line.exported, line.dropped.total()) != (spans as u64, got.spans, lost) {
        return Err("the counters differ from the spans at the backend".into());
    }
    Ok(lost)
}
