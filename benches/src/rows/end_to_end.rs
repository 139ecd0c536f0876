//! Rows with spans that reach a backend in another process, at a steady rate.

use std::thread;
use std::time::{Duration, Instant};

use multitracer_benches::cpu_time;
use opentelemetry::trace::TracerProvider as _;

use super::{Budget, Metric, Row};
use crate::contenders::otlp::{self, Backend};
use crate::contenders::{QUEUE, fast as reporter, with_tracing as subscriber};
use crate::functions::{by_hand, fast, ours, plain, with_tracing};
use crate::measure::{Arrivals, Contender, Failure, Size, Turn, times};

/// The spans of a tick.
const SPANS: u64 = 100;
/// The time between ticks: 20,000 spans a second.
const TICK: Duration = Duration::from_millis(5);
/// The spans of a turn, and of a quick turn.
const SIZE: Size = Size::Fixed(20_000, 1_000);

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "end-to-end/cpu",
        "#[traced] span to the backend, 20,000 a second",
        &[
            ("multitracer", || {
                let backend = Backend::start(Duration::ZERO)?;
                let registry = otlp::installed(&backend.endpoint(), QUEUE)?;
                Ok(steady(backend.arrivals(otlp::flush_ours(&registry)), || ours::trace(4)))
            }),
            ("none", || Ok(steady_without_spans(|| plain::trace(4)))),
            ("S", || {
                let backend = Backend::start(Duration::ZERO)?;
                let provider = otlp::provider(&backend.endpoint(), QUEUE)?;
                let tracer = provider.tracer("bench");
                Ok(steady(backend.arrivals(otlp::flush_sdk(&provider)), move || by_hand::trace(&tracer, 4)))
            }),
            ("T", instrumented_by_theirs),
            ("F", || {
                let backend = Backend::start(Duration::ZERO)?;
                reporter::report_to(otlp::exporter(&backend.endpoint())?);
                Ok(steady(backend.arrivals(fastrace::flush), || fast::trace(4, true)))
            }),
        ],
    )
    .metrics(&[Metric::Cpu])
    .over("none")
    .long()
    .budgets(&[Budget::Times("T", 0.20)]),
    Row::new(
        "end-to-end/instrument",
        "#[instrument] span to the backend, our layer",
        &[
            ("multitracer", || {
                let backend = Backend::start(Duration::ZERO)?;
                let registry = otlp::installed(&backend.endpoint(), QUEUE)?;
                subscriber::subscribe_ours()?;
                Ok(steady(backend.arrivals(otlp::flush_ours(&registry)), || with_tracing::trace(4)))
            }),
            ("none", || Ok(steady_without_spans(|| plain::trace(4)))),
            ("T", instrumented_by_theirs),
        ],
    )
    .metrics(&[Metric::Cpu])
    .over("none")
    .long()
    .budgets(&[Budget::Times("T", 0.45)]),
];

fn instrumented_by_theirs() -> Result<Contender, Failure> {
    let backend = Backend::start(Duration::ZERO)?;
    let provider = otlp::provider(&backend.endpoint(), QUEUE)?;
    subscriber::subscribe(&provider)?;
    Ok(steady(backend.arrivals(otlp::flush_sdk(&provider)), || with_tracing::trace(4)))
}

/// Returns a contender that makes traces of five spans at a steady rate.
fn steady(arrivals: Arrivals, trace: impl Fn() -> u64 + 'static) -> Contender {
    at_rate(arrivals, 1, trace)
}

fn steady_without_spans(trace: impl Fn() -> u64 + 'static) -> Contender {
    at_rate(Arrivals::none(), 0, trace)
}

/// Returns a contender that makes `spans` spans for each call of a fifth of `trace`.
fn at_rate(mut arrivals: Arrivals, spans: u64, trace: impl Fn() -> u64 + 'static) -> Contender {
    Contender::new(SIZE, move |units| {
        let (cpu, started) = (cpu_time(), Instant::now());
        let mut next = started;
        for _ in 0..units / SPANS {
            times(SPANS / 5, &trace);
            next += TICK;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        let time = started.elapsed().as_nanos() as f64;
        let arrived = arrivals.wait(units * spans);
        let cpu = (cpu_time() - cpu).as_nanos() as f64;
        Turn { made: units * spans, arrived, time, values: vec![cpu / units as f64], unaccounted: None }
    })
}
