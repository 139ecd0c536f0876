//! Rows with whole traces: a root span and its children, all with three attributes.

use opentelemetry_sdk::trace::Sampler;

use super::{Budget, Row};
use crate::contenders::{fast as reporter, ours as our, sdk, with_tracing as subscriber};
use crate::functions::polling::poll;
use crate::functions::{by_hand, fast, ours, with_tracing};
use crate::measure::{Arrivals, Contender, Done, Failure, Workers};

/// The sampler of every contender.
const SAMPLER: Sampler = Sampler::AlwaysOn;

/// The limit of spans in a turn, which is far below the size of the queues.
const MOST: u64 = 20_000;

const BUDGETS: &[Budget] = &[Budget::Times("S", 0.65), Budget::Times("T", 0.25)];
const OF_TWO: &[Budget] = &[Budget::Times("S", 0.50)];

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "traces/5",
        "a span in traces of 5",
        &[
            ("multitracer", || traces(our::installed(SAMPLER)?.1, 5, ours::trace)),
            ("S", || by_hand_of(5)),
            ("T", || traces(subscriber::subscribed(SAMPLER)?, 5, with_tracing::trace)),
            ("F", || traces(reporter::reported(), 5, |leaves| fast::trace(leaves, true))),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "traces/5-async",
        "a span in traces of 5, async",
        &[
            ("multitracer", || {
                traces(our::installed(SAMPLER)?.1, 5, |leaves| poll(ours::trace_async(leaves)))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                traces(arrivals, 5, move |leaves| poll(by_hand::trace_async(&tracer, leaves)))
            }),
            ("T", || {
                traces(subscriber::subscribed(SAMPLER)?, 5, |leaves| poll(with_tracing::trace_async(leaves)))
            }),
            ("F", || fast_async(5)),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "traces/5-2-threads",
        "a span in traces of 5, on 2 threads at once",
        &[
            ("multitracer", || on_two_threads(our::installed(SAMPLER)?.1, 5, ours::trace)),
            ("S", || by_hand_on_two_threads(5)),
            ("T", || on_two_threads(subscriber::subscribed(SAMPLER)?, 5, with_tracing::trace)),
            ("F", || on_two_threads(reporter::reported(), 5, |leaves| fast::trace(leaves, true))),
        ],
    )
    .budgets(OF_TWO),
    Row::new(
        "traces/100",
        "a span in traces of 100",
        &[
            ("multitracer", || traces(our::installed(SAMPLER)?.1, 100, ours::trace)),
            ("S", || by_hand_of(100)),
            ("T", || traces(subscriber::subscribed(SAMPLER)?, 100, with_tracing::trace)),
            ("F", || traces(reporter::reported(), 100, |leaves| fast::trace(leaves, true))),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "traces/100-async",
        "a span in traces of 100, async",
        &[
            ("multitracer", || {
                traces(our::installed(SAMPLER)?.1, 100, |leaves| poll(ours::trace_async(leaves)))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                traces(arrivals, 100, move |leaves| poll(by_hand::trace_async(&tracer, leaves)))
            }),
            ("T", || {
                traces(subscriber::subscribed(SAMPLER)?, 100, |leaves| {
                    poll(with_tracing::trace_async(leaves))
                })
            }),
            ("F", || fast_async(100)),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "traces/100-2-threads",
        "a span in traces of 100, on 2 threads at once",
        &[
            ("multitracer", || on_two_threads(our::installed(SAMPLER)?.1, 100, ours::trace)),
            ("S", || by_hand_on_two_threads(100)),
            ("T", || on_two_threads(subscriber::subscribed(SAMPLER)?, 100, with_tracing::trace)),
            ("F", || on_two_threads(reporter::reported(), 100, |leaves| fast::trace(leaves, true))),
        ],
    )
    .budgets(OF_TWO),
];

fn by_hand_of(spans: u64) -> Result<Contender, Failure> {
    let (tracer, arrivals) = sdk::tracer(SAMPLER);
    traces(arrivals, spans, move |leaves| by_hand::trace(&tracer, leaves))
}

fn by_hand_on_two_threads(spans: u64) -> Result<Contender, Failure> {
    let (tracer, arrivals) = sdk::tracer(SAMPLER);
    on_two_threads(arrivals, spans, move |leaves| by_hand::trace(&tracer, leaves))
}

fn fast_async(spans: u64) -> Result<Contender, Failure> {
    let contender = traces(reporter::reported(), spans, |leaves| poll(fast::trace_async(leaves)))?;
    // each async function sends commands of its own
    Ok(contender.at_most(reporter::TRACES))
}

/// Makes about `units` spans in traces of this many spans.
fn make(units: u64, spans: u64, trace: impl Fn(u64) -> u64) -> Done {
    let traces = (units / spans).max(1);
    for _ in 0..traces {
        std::hint::black_box(trace(spans - 1));
    }
    Done { units: traces * spans, spans: traces * spans }
}

/// Returns a contender that makes traces of this many spans. `trace` gets the number of leaves.
fn traces(
    arrivals: Arrivals,
    spans: u64,
    trace: impl Fn(u64) -> u64 + 'static,
) -> Result<Contender, Failure> {
    Ok(Contender::timed(move |units| make(units, spans, &trace), arrivals).at_most(most(spans)))
}

/// Returns a contender that makes the same traces on two threads.
fn on_two_threads(
    arrivals: Arrivals,
    spans: u64,
    trace: impl Fn(u64) -> u64 + Send + Sync + 'static,
) -> Result<Contender, Failure> {
    let workers = Workers::two(move |units| make(units, spans, &trace));
    Ok(Contender::timed(move |units| workers.run(units), arrivals).at_most(most(spans)))
}

/// Returns the limit of spans in a turn, which respects the limit of traces.
fn most(spans: u64) -> u64 {
    MOST.min(spans * reporter::TRACES)
}
