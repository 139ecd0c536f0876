//! A row, its metrics and its budgets.

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
    /// Thousands of spans that reach the backend in a second.
    Rate,
    /// Microseconds that half of the requests stay below.
    P50,
    /// Microseconds that 99 % of the requests stay below.
    P99,
    /// Microseconds that 99.9 % of the requests stay below.
    P999,
    /// KiB of memory for each tracer.
    Memory,
    /// Threads more than before.
    Threads,
}

impl Metric {
    /// Returns the name and the unit.
    pub(crate) fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Wall => ("wall", "ns"),
            Self::Cpu => ("cpu", "ns"),
            Self::Rate => ("delivered", "k/s"),
            Self::P50 => ("p50", "us"),
            Self::P99 => ("p99", "us"),
            Self::P999 => ("p99.9", "us"),
            Self::Memory => ("memory", "KiB"),
            Self::Threads => ("threads", "more"),
        }
    }
}

/// A limit of the first contender.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Budget {
    /// At most this many times the value of a peer.
    Times(&'static str, f64),
    /// At least this many times the value of a peer.
    AtLeast(&'static str, f64),
    /// At most this value of a metric.
    AtMost(Metric, f64),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The name for `--only`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The metrics of a turn. Ratios are about the first.
    pub(crate) metrics: &'static [Metric],
    /// The contenders, of which the first is ours.
    pub(crate) contenders: &'static [(&'static str, SetUp)],
    pub(crate) budgets: &'static [Budget],
    /// The contender whose values are subtracted from those of the others.
    pub(crate) base: Option<&'static str>,
    /// `true` if a turn takes about a second, and a few turns are enough.
    pub(crate) is_long: bool,
    /// `true` if spans may get lost, because the backend cannot take them.
    pub(crate) may_lose: bool,
}

impl Row {
    /// Creates a row of wall time and processor time.
    pub(crate) const fn new(
        name: &'static str,
        title: &'static str,
        contenders: &'static [(&'static str, SetUp)],
    ) -> Self {
        let metrics = &[Metric::Wall, Metric::Cpu];
        Self { name, title, metrics, contenders, budgets: &[], base: None, is_long: false, may_lose: false }
    }

    /// Sets the budgets.
    pub(crate) const fn budgets(mut self, budgets: &'static [Budget]) -> Self {
        self.budgets = budgets;
        self
    }

    /// Sets other metrics.
    pub(crate) const fn metrics(mut self, metrics: &'static [Metric]) -> Self {
        self.metrics = metrics;
        self
    }

    /// Subtracts the values of this contender.
    pub(crate) const fn over(mut self, base: &'static str) -> Self {
        self.base = Some(base);
        self
    }

    /// Takes a few long turns.
    pub(crate) const fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// Accepts lost spans.
    pub(crate) const fn may_lose(mut self) -> Self {
        self.may_lose = true;
        self
    }
}
