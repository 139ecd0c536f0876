//! Rows with sampled spans of three attributes.

use opentelemetry::trace::Tracer as _;
use opentelemetry_sdk::trace::Sampler;

use super::{Budget, Row};
use crate::contenders::{fast as reporter, ours as our, sdk, with_tracing as subscriber};
use crate::functions::polling::poll;
use crate::functions::{by_hand, fast, ours, with_tracing};
use crate::measure::{Arrivals, Contender, Done, Failure, Workers, times};

/// The sampler of every contender.
const SAMPLER: Sampler = Sampler::AlwaysOn;

/// The limit of spans in a turn, which is far below the size of the queues.
const MOST: u64 = 20_000;

const ROOT: &[Budget] = &[Budget::Times("S", 0.65), Budget::Times("T", 0.25)];

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "sampled/root",
        "sampled root span",
        &[
            ("multitracer", || {
                let (_, arrivals) = our::installed(SAMPLER)?;
                Ok(spans(arrivals, |n| times(n, || ours::leaf(1))))
            }),
            ("S", root_by_hand),
            ("T", root_by_tracing),
            ("F", || {
                let arrivals = reporter::reported();
                Ok(spans(arrivals, |n| times(n, || fast::trace(0, true))).at_most(reporter::TRACES))
            }),
        ],
    )
    .budgets(ROOT),
    Row::new(
        "sampled/root-in-scope",
        "sampled root span under an entered tracer",
        &[
            ("multitracer", || {
                let (registry, counted) = our::registry(SAMPLER)?;
                let arrivals = our::arrivals(&registry, counted);
                Ok(spans(arrivals, move |n| registry.scope(|| times(n, || ours::leaf(1)))))
            }),
            ("S", root_by_hand),
            ("T", root_by_tracing),
        ],
    )
    .budgets(ROOT),
    Row::new(
        "sampled/root-async",
        "sampled root span, async",
        &[
            ("multitracer", || {
                let (_, arrivals) = our::installed(SAMPLER)?;
                Ok(spans(arrivals, |n| times(n, || poll(ours::leaf_async(1)))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                Ok(spans(arrivals, move |n| times(n, || poll(by_hand::leaf_async(&tracer, 1)))))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(spans(arrivals, |n| times(n, || poll(with_tracing::leaf_async(1)))))
            }),
            ("F", || {
                let arrivals = reporter::reported();
                Ok(spans(arrivals, |n| times(n, || poll(fast::trace_async(0)))).at_most(reporter::TRACES))
            }),
        ],
    )
    .budgets(ROOT),
    Row::new(
        "sampled/child",
        "sampled child span",
        &[
            ("multitracer", || {
                let (registry, arrivals) = our::installed(SAMPLER)?;
                let tracer = registry.default_tracer();
                Ok(children(arrivals, move |n| tracer.in_span("root", || times(n, || ours::leaf(1)))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                let run = move |n| tracer.in_span("root", |_| times(n, || by_hand::leaf(&tracer, 1)));
                Ok(children(arrivals, run))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(children(arrivals, |n| {
                    tracing::info_span!("root").in_scope(|| times(n, || with_tracing::leaf(1)));
                }))
            }),
        ],
    )
    .budgets(ROOT),
    Row::new(
        "sampled/root-2-threads",
        "sampled root span on 2 threads at once",
        &[
            ("multitracer", || {
                let (_, arrivals) = our::installed(SAMPLER)?;
                Ok(on_two_threads(arrivals, |n| times(n, || ours::leaf(1))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                Ok(on_two_threads(arrivals, move |n| times(n, || by_hand::leaf(&tracer, 1))))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(on_two_threads(arrivals, |n| times(n, || with_tracing::leaf(1))))
            }),
            ("F", || {
                let arrivals = reporter::reported();
                let contender = on_two_threads(arrivals, |n| times(n, || fast::trace(0, true)));
                Ok(contender.at_most(reporter::TRACES))
            }),
        ],
    )
    .budgets(&[Budget::Times("S", 0.50)]),
    Row::new(
        "sampled/poll",
        "poll of a future in a sampled span",
        &[
            ("multitracer", || {
                let (_, arrivals) = our::installed(SAMPLER)?;
                Ok(polls(arrivals, |n| poll(ours::polled(n))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                Ok(polls(arrivals, move |n| poll(by_hand::polled(&tracer, n))))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(polls(arrivals, |n| poll(with_tracing::polled(n))))
            }),
            ("F", || {
                let arrivals = reporter::reported();
                // each poll sends a command
                Ok(polls(arrivals, |n| poll(fast::polled(n))).at_most(reporter::TRACES))
            }),
        ],
    )
    .budgets(&[Budget::Times("T", 0.12)]),
];

fn root_by_hand() -> Result<Contender, Failure> {
    let (tracer, arrivals) = sdk::tracer(SAMPLER);
    Ok(spans(arrivals, move |n| times(n, || by_hand::leaf(&tracer, 1))))
}

fn root_by_tracing() -> Result<Contender, Failure> {
    let arrivals = subscriber::subscribed(SAMPLER)?;
    Ok(spans(arrivals, |n| times(n, || with_tracing::leaf(1))))
}

/// Returns a contender that makes one span for each unit.
fn spans(arrivals: Arrivals, mut run: impl FnMut(u64) + 'static) -> Contender {
    let run = move |n| {
        run(n);
        Done { units: n, spans: n }
    };
    Contender::timed(run, arrivals).at_most(MOST)
}

/// Returns a contender that makes one span for each unit, and a root span around all of them.
fn children(arrivals: Arrivals, mut run: impl FnMut(u64) + 'static) -> Contender {
    let run = move |n| {
        run(n);
        Done { units: n, spans: n + 1 }
    };
    Contender::timed(run, arrivals).at_most(MOST)
}

/// Returns a contender that polls the future of one span for each unit.
fn polls(arrivals: Arrivals, mut run: impl FnMut(u64) + 'static) -> Contender {
    let run = move |n| {
        run(n);
        Done { units: n, spans: 1 }
    };
    Contender::timed(run, arrivals).at_most(1_000_000)
}

/// Returns a contender that makes one span for each unit, half of them on another thread.
fn on_two_threads(arrivals: Arrivals, run: impl Fn(u64) + Send + Sync + 'static) -> Contender {
    let workers = Workers::two(move |n| {
        run(n);
        Done { units: n, spans: n }
    });
    Contender::timed(move |n| workers.run(n), arrivals).at_most(MOST)
}
