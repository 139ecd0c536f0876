//! Rows with many tracers: the cost of a span, and the memory of an idle tracer.

use std::thread;
use std::time::Duration;

use multitracer::{Registry, Tracer, TracerBuilder};
use multitracer_benches::{resident, threads};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracer};

use super::{Budget, Metric, Row};
use crate::contenders::exporter::CountSpans;
use crate::contenders::{QUEUE, otlp, ours as our, sdk};
use crate::functions::{by_hand, ours};
use crate::measure::{Arrivals, Contender, Done, Failure, Size, Turn};

/// The spans of a turn, and of a quick turn: enough for each of 1,000 tracers.
const SIZE: Size = Size::Fixed(20_000, 2_000);

/// An endpoint that no process serves. An idle tracer sends nothing.
const ENDPOINT: &str = "http://127.0.0.1:9/v1/traces";

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "tracers/1",
        "sampled root span in turn under 1 tracer",
        &[("multitracer", || of_ours(1)), ("S", || by_hand_of(1))],
    ),
    Row::new(
        "tracers/10",
        "sampled root span in turn under 10 tracers",
        &[("multitracer", || of_ours(10)), ("S", || by_hand_of(10))],
    ),
    Row::new(
        "tracers/100",
        "sampled root span in turn under 100 tracers",
        &[("multitracer", || of_ours(100)), ("S", || by_hand_of(100))],
    ),
    Row::new(
        "tracers/1000",
        "sampled root span in turn under 1,000 tracers",
        &[("multitracer", || of_ours(1_000)), ("S", || by_hand_of(1_000))],
    ),
    Row::new(
        "tracers/idle",
        "1,000 idle tracers, memory of each",
        &[("multitracer", || idle(idle_registry)), ("S", || idle(idle_providers))],
    )
    .metrics(&[Metric::Memory, Metric::Threads])
    .long()
    .budgets(&[Budget::AtMost(Metric::Memory, 8.0), Budget::AtMost(Metric::Threads, 1.0)]),
];

// the queues share one size, because the SDK allocates a whole queue for each tracer

fn of_ours(tracers: usize) -> Result<Contender, Failure> {
    let spans = CountSpans::default();
    let mut builder = Registry::builder().default_tracer("tracer-0");
    for number in 0..tracers {
        let tracer = TracerBuilder::new(format!("tracer-{number}"));
        builder = builder.tracer(tracer.exporter(spans.clone()).max_queue_size(QUEUE / tracers));
    }
    let registry = builder.build()?;
    our::install(&registry)?;
    let names = (0..tracers).map(|number| registry.tracer(&format!("tracer-{number}")));
    let tracers: Vec<Tracer> = names.collect::<Result<_, _>>()?;
    Ok(in_turn(our::arrivals(&registry, spans), tracers, |tracer| tracer.scope(|| ours::leaf(1))))
}

fn by_hand_of(tracers: usize) -> Result<Contender, Failure> {
    let spans = CountSpans::default();
    let provider = |_| sdk::provider(spans.clone(), Sampler::AlwaysOn, QUEUE / tracers);
    let providers: Vec<_> = (0..tracers).map(provider).collect();
    let tracers: Vec<SdkTracer> = providers.iter().map(|provider| provider.tracer("bench")).collect();
    let arrivals = Arrivals::new(move || {
        // a flush that fails shows as spans that did not arrive
        providers.iter().for_each(|provider| drop(provider.force_flush()));
        spans.count()
    });
    Ok(in_turn(arrivals, tracers, |tracer| by_hand::leaf(tracer, 1)))
}

/// Returns a contender that makes one span under each tracer in turn.
fn in_turn<T: 'static>(arrivals: Arrivals, tracers: Vec<T>, span: impl Fn(&T) -> u64 + 'static) -> Contender {
    let run = move |n| {
        for tracer in tracers.iter().cycle().take(usize::try_from(n).unwrap_or(0)) {
            std::hint::black_box(span(tracer));
        }
        Done { units: n, spans: n }
    };
    Contender { size: SIZE, ..Contender::timed(run, arrivals) }
}

/// The number of idle tracers.
const IDLE: u32 = 1_000;

/// Returns a contender whose turns show what 1,000 idle tracers take.
fn idle<T: 'static>(set_up: fn() -> Result<T, Failure>) -> Result<Contender, Failure> {
    let (memory, running) = (resident(), threads());
    let kept = set_up()?;
    // wait until the new threads are idle
    thread::sleep(Duration::from_millis(500));
    let memory = resident().saturating_sub(memory) as f64 / f64::from(IDLE);
    let running = threads().saturating_sub(running) as f64;
    Ok(Contender::new(Size::Fixed(1, 1), move |_| {
        std::hint::black_box(&kept);
        Turn { values: vec![memory, running], ..Turn::default() }
    }))
}

fn idle_registry() -> Result<Registry, Failure> {
    let mut builder = Registry::builder().default_tracer("tracer-0");
    for number in 0..IDLE {
        let tracer = TracerBuilder::new(format!("tracer-{number}")).service_name("shop");
        let tracer =
            tracer.project(format!("project-{number}")).environment("production").otlp_http(ENDPOINT);
        builder = builder.tracer(tracer.header("authorization", format!("Bearer key-{number}")));
    }
    Ok(builder.build()?)
}

fn idle_providers() -> Result<Vec<opentelemetry_sdk::trace::SdkTracerProvider>, Failure> {
    (0..IDLE).map(|_| otlp::provider(ENDPOINT, 2_048)).collect()
}
