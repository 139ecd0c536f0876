//! The rows of the table: the contenders that each row compares, and its budgets.

mod off;
mod sampled;
mod unsampled;

use crate::measure::{Contender, Failure};

/// Sets a contender up in its own process.
pub(crate) type SetUp = fn() -> Result<Contender, Failure>;

/// A quantity that a row measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Nanoseconds of the calling thread for a unit.
    Wall,
    /// Nanoseconds of processor time of the whole process for a unit.
    Cpu,
}

impl Metric {
    /// Returns the words above a column.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Wall => "ns",
            Self::Cpu => "cpu ns",
        }
    }
}

/// A limit of the first contender.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Budget {
    /// At most this many times the value of a peer.
    Times(&'static str, f64),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The metrics of a turn. Ratios and budgets are about the first.
    pub(crate) metrics: &'static [Metric],
    /// The contenders, of which the first is ours.
    pub(crate) contenders: &'static [(&'static str, SetUp)],
    pub(crate) budgets: &'static [Budget],
}

/// The metrics of most rows.
const TIME: &[Metric] = &[Metric::Wall, Metric::Cpu];

/// Returns all rows, in the order of the table.
pub(crate) fn all() -> Vec<Row> {
    [off::ROWS, unsampled::ROWS, sampled::ROWS].concat()
}
