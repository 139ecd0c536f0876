//! Rows with producers that make spans as fast as they can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use multitracer::Registry;
use opentelemetry::trace::TracerProvider as _;

use super::{Budget, Metric, Row};
use crate::contenders::otlp::{self, Backend};
use crate::contenders::with_tracing as subscriber;
use crate::functions::{by_hand, ours, with_tracing};
use crate::measure::{Contender, Failure, Size, Turn};

/// The size of each queue, which is the default of all contenders.
const QUEUE: usize = 2_048;
/// The milliseconds of a turn, and of a quick turn.
const SIZE: Size = Size::Fixed(1_000, 50);

const BUDGETS: &[Budget] = &[Budget::AtLeast("S", 2.0)];

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "saturation/1-producer",
        "spans delivered at saturation, 1 producer",
        &[("multitracer", || of_ours(1)), ("S", || by_hand_of(1)), ("T", || by_tracing(1))],
    )
    .metrics(&[Metric::Rate])
    .long()
    .may_lose()
    .budgets(BUDGETS),
    Row::new(
        "saturation/2-producers",
        "spans delivered at saturation, 2 producers",
        &[("multitracer", || of_ours(2)), ("S", || by_hand_of(2)), ("T", || by_tracing(2))],
    )
    .metrics(&[Metric::Rate])
    .long()
    .may_lose()
    .budgets(BUDGETS),
];

fn of_ours(producers: usize) -> Result<Contender, Failure> {
    let backend = Backend::start(Duration::ZERO)?;
    let registry = otlp::installed(&backend.endpoint(), QUEUE)?;
    let dropped = move || dropped(&registry);
    let registry = Registry::installed().ok_or("no registry")?;
    Ok(producing(producers, backend, otlp::flush_ours(registry), Some(Box::new(dropped)), || ours::leaf(1)))
}

/// Returns the number of spans that a registry counts as dropped.
fn dropped(registry: &Registry) -> u64 {
    registry.report().tracers().iter().map(|tracer| tracer.dropped.total()).sum()
}

fn by_hand_of(producers: usize) -> Result<Contender, Failure> {
    let backend = Backend::start(Duration::ZERO)?;
    let provider = otlp::provider(&backend.endpoint(), QUEUE)?;
    let tracer = provider.tracer("bench");
    Ok(producing(producers, backend, otlp::flush_sdk(&provider), None, move || by_hand::leaf(&tracer, 1)))
}

fn by_tracing(producers: usize) -> Result<Contender, Failure> {
    let backend = Backend::start(Duration::ZERO)?;
    let provider = otlp::provider(&backend.endpoint(), QUEUE)?;
    subscriber::subscribe(&provider)?;
    Ok(producing(producers, backend, otlp::flush_sdk(&provider), None, || with_tracing::leaf(1)))
}

/// Returns a contender whose producers call `span` until the turn ends.
///
/// The rate counts the spans that arrive while the producers work. The share counts all.
fn producing(
    producers: usize,
    backend: Backend,
    flush: impl Fn() + 'static,
    dropped: Option<Box<dyn Fn() -> u64>>,
    span: impl Fn() -> u64 + Send + Sync + 'static,
) -> Contender {
    let span = Arc::new(span);
    Contender::new(SIZE, move |milliseconds| {
        let dropped_before = dropped.as_ref().map(|dropped| dropped());
        let (before, started) = (backend.spans(), Instant::now());
        let stop = Arc::new(AtomicBool::new(false));
        let start = || {
            let (span, stop) = (Arc::clone(&span), Arc::clone(&stop));
            thread::spawn(move || make(&*span, &stop))
        };
        let running: Vec<_> = (0..producers).map(|_| start()).collect();
        thread::sleep(Duration::from_millis(milliseconds));
        let (meanwhile, elapsed) = (backend.spans().saturating_sub(before), started.elapsed());
        stop.store(true, Ordering::Relaxed);
        // a producer that panicked shows as spans that are not accounted for
        let made = running.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
        flush();
        let arrived = backend.spans().saturating_sub(before);
        let dropped =
            dropped.as_ref().zip(dropped_before).map(|(dropped, before)| dropped().saturating_sub(before));
        Turn {
            made,
            arrived,
            time: elapsed.as_nanos() as f64,
            values: vec![meanwhile as f64 / elapsed.as_secs_f64() / 1e3],
            unaccounted: dropped.map(|dropped| made.abs_diff(arrived + dropped)),
        }
    })
}

/// Makes spans until it is told to stop, and returns their number.
fn make(span: &(impl Fn() -> u64 + ?Sized), stop: &AtomicBool) -> u64 {
    let mut made = 0;
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..64 {
            std::hint::black_box(span());
        }
        made += 64;
    }
    made
}
