//! Rows with unsampled traces.

use opentelemetry::trace::Tracer as _;
use opentelemetry_sdk::trace::Sampler;

use super::{Budget, Row};
use crate::contenders::fast as reporter;
use crate::contenders::{ours as our, sdk, with_tracing as subscriber};
use crate::functions::polling::poll;
use crate::functions::{by_hand, fast, ours, with_tracing};
use crate::measure::{Arrivals, Contender, Done, times};

/// The sampler of every contender.
const SAMPLER: Sampler = Sampler::AlwaysOff;

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "unsampled/inside",
        "span inside an unsampled trace",
        &[
            ("multitracer", || {
                let (registry, arrivals) = our::installed(SAMPLER)?;
                let tracer = registry.default_tracer();
                Ok(calls(arrivals, move |n| tracer.in_span("root", || times(n, || ours::leaf(1)))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                Ok(calls(arrivals, move |n| {
                    tracer.in_span("root", |_| times(n, || by_hand::leaf(&tracer, 1)));
                }))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(calls(arrivals, |n| {
                    tracing::info_span!("root").in_scope(|| times(n, || with_tracing::leaf(1)));
                }))
            }),
        ],
    )
    .budgets(&[Budget::Times("S", 0.08)]),
    Row::new(
        "unsampled/root",
        "unsampled root span",
        &[
            ("multitracer", || {
                let (_, arrivals) = our::installed(SAMPLER)?;
                Ok(calls(arrivals, |n| times(n, || ours::leaf(1))))
            }),
            ("S", || {
                let (tracer, arrivals) = sdk::tracer(SAMPLER);
                Ok(calls(arrivals, move |n| times(n, || by_hand::leaf(&tracer, 1))))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(calls(arrivals, |n| times(n, || with_tracing::leaf(1))))
            }),
            ("F", || {
                let arrivals = reporter::reported();
                Ok(calls(arrivals, |n| times(n, || fast::trace(0, false))))
            }),
        ],
    ),
    Row::new(
        "unsampled/poll",
        "poll of a future without a span",
        &[
            ("multitracer", || {
                let (registry, arrivals) = our::installed(SAMPLER)?;
                let tracer = registry.default_tracer();
                Ok(calls(arrivals, move |n| tracer.in_span("root", || poll(ours::polled(n)))))
            }),
            ("T", polled_by_tracing),
        ],
    )
    .budgets(&[Budget::Times("T", 0.12)]),
    Row::new(
        "unsampled/poll-elsewhere",
        "poll of a future without a span, elsewhere",
        &[
            ("multitracer", || {
                let (registry, arrivals) = our::installed(SAMPLER)?;
                let tracer = registry.default_tracer();
                Ok(calls(arrivals, move |n| poll(tracer.in_span("root", || ours::polled(n)))))
            }),
            ("T", polled_by_tracing),
        ],
    )
    .budgets(&[Budget::Times("T", 0.12)]),
    Row::new(
        "unsampled/call",
        "call of a future without a span",
        &[
            ("multitracer", || {
                let (registry, arrivals) = our::installed(SAMPLER)?;
                let tracer = registry.default_tracer();
                Ok(calls(arrivals, move |n| {
                    tracer.in_span("root", || times(n, || poll(ours::bare_async(1))));
                }))
            }),
            ("T", || {
                let arrivals = subscriber::subscribed(SAMPLER)?;
                Ok(calls(arrivals, |n| {
                    tracing::info_span!("root").in_scope(|| times(n, || poll(with_tracing::bare_async(1))));
                }))
            }),
        ],
    ),
];

fn polled_by_tracing() -> Result<Contender, crate::measure::Failure> {
    let arrivals = subscriber::subscribed(SAMPLER)?;
    Ok(calls(arrivals, |n| tracing::info_span!("root").in_scope(|| poll(with_tracing::polled(n)))))
}

/// Returns a contender that does `run`, of which no span may arrive.
fn calls(arrivals: Arrivals, mut run: impl FnMut(u64) + 'static) -> Contender {
    let run = move |n| {
        run(n);
        Done { units: n, spans: 0 }
    };
    Contender::timed(run, arrivals).at_most(1_000_000)
}
