//! Rows with `#[tracing::instrument]` under our layer, beside tracing-opentelemetry.

use opentelemetry_sdk::trace::Sampler;

use super::{Budget, Row};
use crate::contenders::with_tracing as subscriber;
use crate::functions::polling::poll;
use crate::functions::with_tracing;
use crate::measure::{Arrivals, Contender, Done, Failure};

/// The limit of spans in a turn, which is far below the size of the queues.
const MOST: u64 = 20_000;

const BUDGETS: &[Budget] = &[Budget::Times("T", 0.45)];

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "bridge/root",
        "#[instrument], our layer, root span",
        &[
            ("multitracer", || traces(ours()?, 1, with_tracing::trace)),
            ("T", || traces(theirs()?, 1, with_tracing::trace)),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "bridge/5",
        "#[instrument], our layer, traces of 5",
        &[
            ("multitracer", || traces(ours()?, 5, with_tracing::trace)),
            ("T", || traces(theirs()?, 5, with_tracing::trace)),
        ],
    )
    .budgets(BUDGETS),
    Row::new(
        "bridge/5-async",
        "#[instrument], our layer, traces of 5, async",
        &[
            ("multitracer", || traces(ours()?, 5, |leaves| poll(with_tracing::trace_async(leaves)))),
            ("T", || traces(theirs()?, 5, |leaves| poll(with_tracing::trace_async(leaves)))),
        ],
    )
    .budgets(BUDGETS),
];

fn ours() -> Result<Arrivals, Failure> {
    subscriber::subscribed_to_ours(Sampler::AlwaysOn)
}

fn theirs() -> Result<Arrivals, Failure> {
    subscriber::subscribed(Sampler::AlwaysOn)
}

/// Returns a contender that makes traces of this many spans. `trace` gets the number of leaves.
fn traces(
    arrivals: Arrivals,
    spans: u64,
    trace: impl Fn(u64) -> u64 + 'static,
) -> Result<Contender, Failure> {
    let run = move |units: u64| {
        let traces = (units / spans).max(1);
        for _ in 0..traces {
            std::hint::black_box(trace(spans - 1));
        }
        Done { units: traces * spans, spans: traces * spans }
    };
    Ok(Contender::timed(run, arrivals).at_most(MOST))
}
