//! Rows without a registry and without a subscriber.

use super::{Budget, Row, SetUp};
use crate::functions::polling::poll;
use crate::functions::{fast, ours, plain, with_tracing};
use crate::measure::{Arrivals, Contender, Done, Failure, times};

const BUDGETS: &[Budget] = &[Budget::Times("T", 1.0)];

pub(super) const ROWS: &[Row] = &[
    row(
        "off/sync",
        "tracing off, sync",
        &[
            ("multitracer", || calls(|| ours::bare(1))),
            ("none", || calls(|| plain::bare(1))),
            ("T", || calls(|| with_tracing::bare(1))),
            ("F", || calls(|| fast::bare(1))),
        ],
    ),
    row(
        "off/sync-result",
        "tracing off, sync, a Result",
        &[
            ("multitracer", || calls(|| ours::result(1).unwrap_or(0))),
            ("none", || calls(|| plain::result(1).unwrap_or(0))),
            ("T", || calls(|| with_tracing::result(1).unwrap_or(0))),
            ("F", || calls(|| fast::result(1).unwrap_or(0))),
        ],
    ),
    row(
        "off/async",
        "tracing off, async",
        &[
            ("multitracer", || calls(|| poll(ours::bare_async(1)))),
            ("none", || calls(|| poll(plain::bare_async(1)))),
            ("T", || calls(|| poll(with_tracing::bare_async(1)))),
            ("F", || calls(|| poll(fast::bare_async(1)))),
        ],
    ),
    row(
        "off/async-result",
        "tracing off, async, a Result",
        &[
            ("multitracer", || calls(|| poll(ours::result_async(1)).unwrap_or(0))),
            ("none", || calls(|| poll(plain::result_async(1)).unwrap_or(0))),
            ("T", || calls(|| poll(with_tracing::result_async(1)).unwrap_or(0))),
            ("F", || calls(|| poll(fast::result_async(1)).unwrap_or(0))),
        ],
    ),
];

const fn row(name: &'static str, title: &'static str, contenders: &'static [(&'static str, SetUp)]) -> Row {
    Row::new(name, title, contenders).budgets(BUDGETS)
}

/// Returns a contender that calls `f`, without spans.
fn calls(f: impl Fn() -> u64 + 'static) -> Result<Contender, Failure> {
    let run = move |n| {
        times(n, &f);
        Done { units: n, spans: 0 }
    };
    Ok(Contender::timed(run, Arrivals::none()))
}
