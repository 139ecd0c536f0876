//! A steady rate of spans while one backend is gone for a time.
//!
//! `cargo measure outage -- [--seconds 60] [--protocol http|grpc] [--kind refused|silent|status]
//! [--rate 20000]`
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::env;
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use multitracer::export::{DropCounts, TracerStats};
use multitracer::{Registry, Tracer, TracerBuilder, traced};
use multitracer_benches::{FailingBackend, OutageKind, Protocol, resident, run_backend_if_asked};

/// The time for which the backend is well before and after the outage.
const WELL: Duration = Duration::from_secs(5);
/// The part of the outage after which memory may not grow.
const SETTLED: Duration = Duration::from_secs(10);
const TURN: Duration = Duration::from_millis(5);
/// The limit of the growth of memory during the outage, after [`SETTLED`], in KiB.
const MAX_GROWTH: u64 = 8 * 1024;
/// The limit of the time from the backend's return to the next exported span.
const MAX_RETURN: Duration = Duration::from_secs(1);
/// The same, if the backend answered each request with a status.
const MAX_RETURN_STATUS: Duration = Duration::from_secs(6);

/// Measures an outage of a backend, beside a backend that is well.
#[derive(Debug, Parser)]
#[command(name = "outage")]
struct Options {
    /// Sets the length of the outage.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Sets the protocol of both backends.
    #[arg(long, value_enum, default_value = "http")]
    protocol: Protocol,
    /// Sets the way in which the backend is gone.
    #[arg(long, value_enum, default_value = "refused")]
    kind: OutageKind,
    /// Sets the spans a second of each tracer.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,
}

#[traced(fields(number = number, text = "some text that is recorded"))]
fn work(number: u64) {
    std::hint::black_box(number);
}

/// The spans of both tracers at a steady rate.
struct Load {
    registry: Registry,
    tracers: Vec<Tracer>,
    rate: u64,
    started: Instant,
    made: u64,
}

impl Load {
    /// Makes the spans that are due, and waits for the next turn.
    fn turn(&mut self) {
        let due = self.started.elapsed().as_micros() as u64 * self.rate / 1_000_000;
        for tracer in &self.tracers {
            tracer.scope(|| (self.made..due).for_each(work));
        }
        self.made = self.made.max(due);
        thread::sleep(TURN);
    }

    fn run_for(&mut self, time: Duration) {
        let started = Instant::now();
        while started.elapsed() < time {
            self.turn();
        }
    }

    fn exported(&self, name: &str) -> u64 {
        let stats = self.registry.stats();
        stats.tracers().iter().find(|line| &*line.name == name).map_or(0, |line| line.exported)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    if run_backend_if_asked()? {
        return Ok(());
    }
    let options = Options::parse_from(env::args().filter(|argument| argument != "--bench"));
    let Options { seconds, protocol, kind, rate } = options;
    let mut good = FailingBackend::start(protocol, kind)?;
    let mut failing = FailingBackend::start(protocol, kind)?;
    let tracer = |name: &str, backend: &FailingBackend| {
        let tracer = TracerBuilder::new(name).max_queue_size(usize::try_from(rate).unwrap_or(usize::MAX));
        match protocol {
            Protocol::Http => tracer.otlp_http(&backend.endpoint),
            Protocol::Grpc => tracer.otlp_grpc(&backend.endpoint),
        }
    };
    let registry = Registry::builder()
        .tracer(tracer("good", &good))
        .tracer(tracer("failing", &failing))
        .default_tracer("good")
        .build()?;
    println!("{protocol:?}, {kind:?} for {seconds} s, {rate} spans a second and tracer");
    let tracers = registry.tracers();
    let mut load = Load { registry, tracers, rate, started: Instant::now(), made: 0 };
    load.run_for(WELL);
    let before = resident();

    failing.fail()?;
    let (outage, started) = (Duration::from_secs(seconds), Instant::now());
    let (mut settled, mut most) = (None, 0);
    while started.elapsed() < outage {
        load.run_for(Duration::from_millis(100).min(outage - started.elapsed()));
        if started.elapsed() >= SETTLED.min(outage / 3) {
            let memory = resident();
            settled.get_or_insert(memory);
            most = most.max(memory);
        }
    }
    let (settled, end) = (settled.unwrap_or(0), resident());
    let exported = load.exported("failing");
    failing.recover()?;
    let returned = Instant::now();
    while load.exported("failing") == exported && returned.elapsed() < Duration::from_secs(30) {
        load.turn();
    }
    let acknowledged = returned.elapsed();
    load.run_for(WELL);

    let report = match load.registry.shutdown_blocking(Duration::from_secs(30)) {
        Ok(report) => report,
        // the report has a line for each tracer either way
        Err(error) => error.report().clone(),
    };
    let (arrived, arrived_good) = (failing.arrivals()?, good.arrivals()?);
    println!("RSS KiB: before {before}, settled {settled}, end {end}, largest {most}");
    println!(
        "resumed: first span arrived after {:?} ms, first export acknowledged after {} ms",
        arrived.first_after.unwrap_or(u64::MAX),
        acknowledged.as_millis()
    );
    let line = |name: &str| report.tracer(name).ok_or("no line in the report");
    let (bad, well) = (line("failing")?, line("good")?);
    let unaccounted = unaccounted(bad, load.made, arrived.spans);
    println!(
        "failing: made {}, arrived {} (and {} again), exported {}, dropped {}, retries {}, unaccounted {unaccounted}",
        load.made,
        arrived.spans,
        arrived.repeated,
        bad.exported,
        reasons(&bad.dropped),
        bad.retries,
    );
    let lost = load.made - arrived_good.spans;
    println!(
        "good: made {}, arrived {}, lost {lost}, dropped {}",
        load.made,
        arrived_good.spans,
        reasons(&well.dropped)
    );
    if let Some(error) = &bad.last_error {
        println!("last error: {error}");
    }
    let max_return = if kind == OutageKind::Status { MAX_RETURN_STATUS } else { MAX_RETURN };
    let problems = [
        (unaccounted != 0, "spans are unaccounted for"),
        (lost != 0 || well.exported != load.made, "the tracer with the good backend lost spans"),
        (most.saturating_sub(settled) > MAX_GROWTH, "memory grew during the outage"),
        (acknowledged > max_return, "the exports resumed too late"),
    ];
    let problems: Vec<_> = problems.iter().filter(|(is_found, _)| *is_found).map(|(_, text)| *text).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ").into()) }
}

/// Returns the number of spans that the counts do not explain, and of those that count as exported
/// without an arrival.
fn unaccounted(line: &TracerStats, made: u64, arrived: u64) -> u64 {
    let known = line.sampled_out
        + line.exported
        + line.rejected
        + line.dropped.total()
        + line.queued
        + line.in_flight;
    made.abs_diff(known) + made.abs_diff(line.started) + line.exported.saturating_sub(arrived)
}

/// Returns the counts by reason that are not zero.
fn reasons(dropped: &DropCounts) -> String {
    let reasons = dropped.by_reason().into_iter().filter(|(_, spans)| *spans > 0);
    let reasons: Vec<_> = reasons.map(|(reason, spans)| format!("{reason} {spans}")).collect();
    format!("{} ({})", dropped.total(), reasons.join(", "))
}
