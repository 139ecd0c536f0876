//! The rows of the table: the contenders that each row compares, and its budgets.

mod bridge;
mod end_to_end;
mod http;
mod latency;
mod off;
mod routing;
mod row;
mod sampled;
mod saturation;
mod tracers;
mod traces;
mod unsampled;

pub(crate) use self::row::{Budget, Metric, Row, SetUp};

/// Returns all rows, in the order of the table.
pub(crate) fn all() -> Vec<Row> {
    [
        off::ROWS,
        unsampled::ROWS,
        sampled::ROWS,
        traces::ROWS,
        bridge::ROWS,
        http::ROWS,
        routing::ROWS,
        tracers::ROWS,
        end_to_end::ROWS,
        saturation::ROWS,
        latency::ROWS,
    ]
    .concat()
}
