//! A steady rate of spans over a long time, with one backend that goes up and down.
//!
//! `cargo bench -p multitracer-benches --bench soak -- [SECONDS] [SPANS A SECOND AND TRACER]`
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use multitracer::export::TracerReport;
use multitracer::{Registry, TracerBuilder, traced};
use multitracer_benches::{Backend, argument, resident, run_backend_if_asked, threads};

/// The time for which the backend is up, and then down.
const FLAP: Duration = Duration::from_secs(7);
const TURN: Duration = Duration::from_millis(20);
/// The limit in KiB of the growth of memory after the first fifth of the time.
const MAX_GROWTH: u64 = 4 * 1024;

#[traced(fields(number = number, text = "some text that is recorded"))]
fn work(number: u64) {
    std::hint::black_box(number);
}

fn main() -> Result<(), Box<dyn Error>> {
    if run_backend_if_asked()? {
        return Ok(());
    }
    let time = Duration::from_secs(argument(0, 60));
    let rate: u64 = argument(1, 200);
    let (steady, flapping) = (Backend::start(Duration::ZERO)?, Backend::start_flapping(FLAP)?);
    let tracer = |name: &str, endpoint: &str| {
        let delay = Duration::from_millis(1000);
        TracerBuilder::new(name).otlp_http(endpoint).schedule_delay(delay).max_queue_size(4096)
    };
    let registry = Registry::builder()
        .tracer(tracer("work", &steady.endpoint))
        .tracer(tracer("flapping", &flapping.endpoint))
        .default_tracer("work")
        .build()?;
    let tracers = registry.tracers();
    println!(
        "{time:?} at {rate} spans a second and tracer; one backend is up for {FLAP:?} and down for {FLAP:?}"
    );
    println!("{:>8}  {:>9}  {:>9}  {:>7}", "seconds", "spans", "RSS KiB", "threads");
    let (started, mut made, mut next, mut first) = (Instant::now(), 0, Duration::ZERO, None);
    let mut most = 0;
    while started.elapsed() < time {
        while made < started.elapsed().as_millis() as u64 * rate / 1000 {
            for tracer in &tracers {
                tracer.scope(|| work(made));
            }
            made += 1;
        }
        if started.elapsed() >= next {
            let memory = resident();
            println!("{:>8}  {:>9}  {memory:>9}  {:>7}", started.elapsed().as_secs(), made * 2, threads());
            next += (time / 20).max(Duration::from_secs(1));
            if started.elapsed() * 5 >= time {
                first.get_or_insert(memory);
                most = most.max(memory);
            }
        }
        thread::sleep(TURN);
    }
    let report = match registry.shutdown_blocking(Duration::from_secs(60)) {
        Ok(report) => report,
        // the flapping backend may be down at this moment
        Err(error) => error.report().clone(),
    };
    println!("{report}");
    for line in report.tracers() {
        check(line, made)?;
    }
    let (steady, flapping) = (steady.end()?, flapping.end()?);
    println!("the steady backend received {}, the flapping backend {}", steady.spans, flapping.spans);
    let line = |name: &str| report.tracer(name).map_or(0, |line| line.exported);
    if line("work") != made || steady.spans != made {
        return Err("the tracer with the steady backend lost spans".into());
    }
    // a response that is cut off leads to a retry, so that the backend gets these spans twice
    if flapping.spans < line("flapping") {
        return Err("the flapping backend has fewer spans than were counted as exported".into());
    }
    let growth = most.saturating_sub(first.unwrap_or(most));
    println!("memory grew by {growth} KiB after the first fifth of the time");
    if growth > MAX_GROWTH {
        return Err("memory grew past the limit".into());
    }
    Ok(())
}

/// Checks `started = sampled_out + exported + rejected + dropped + queued`, with no open span.
fn check(line: &TracerReport, made: u64) -> Result<(), Box<dyn Error>> {
    let accounted = line.sampled_out
        + line.exported
        + line.rejected
        + line.dropped.total()
        + line.queued
        + line.in_flight;
    if (line.started, accounted) == (made, made) {
        return Ok(());
    }
    Err(format!("{}: made {made}, started {}, accounted {accounted}", line.name, line.started).into())
}
