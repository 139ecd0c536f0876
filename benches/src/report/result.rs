//! The result of a row.

use serde::Serialize;

use crate::measure::{Spread, Turn};
use crate::rows::{Budget, Row};

/// The measurements of one contender.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) contender: &'static str,
    /// The spread of each metric.
    pub(crate) metrics: Vec<Option<Spread>>,
    /// The value of the first contender, divided by the value of this one.
    pub(crate) ratio: Option<Spread>,
    pub(crate) made: u64,
    pub(crate) arrived: u64,
}

impl Figure {
    /// Returns `true` if all spans arrived.
    pub(crate) fn is_complete(&self) -> bool {
        self.made == self.arrived
    }
}

/// A budget beside what was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    pub(crate) peer: &'static str,
    pub(crate) limit: f64,
    pub(crate) found: Option<f64>,
    pub(crate) is_kept: bool,
}

/// The result of a row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowResult {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) metrics: Vec<&'static str>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) verdicts: Vec<Verdict>,
}

impl RowResult {
    /// Returns the result of the turns of a row.
    pub(crate) fn of(row: &Row, turns: &[Vec<Turn>]) -> Self {
        let ours = turns.first().map_or(&[][..], |turns| turns);
        let figures: Vec<Figure> = row
            .contenders
            .iter()
            .zip(turns)
            .map(|((name, _), turns)| figure(row, name, turns, ours))
            .collect();
        let verdicts = row.budgets.iter().map(|budget| verdict(budget, &figures)).collect();
        let metrics = row.metrics.iter().map(|metric| metric.title()).collect();
        Self { name: row.name, title: row.title, metrics, figures, verdicts }
    }
}

fn figure(row: &Row, contender: &'static str, turns: &[Turn], ours: &[Turn]) -> Figure {
    let value = |turn: &Turn, at: usize| turn.values.get(at).copied().unwrap_or(f64::NAN);
    let metrics =
        (0..row.metrics.len()).map(|at| Spread::of(turns.iter().map(|turn| value(turn, at)))).collect();
    let ratios = ours.iter().zip(turns).map(|(ours, turn)| value(ours, 0) / value(turn, 0));
    Figure {
        contender,
        metrics,
        ratio: Spread::of(ratios),
        made: turns.iter().map(|turn| turn.made).sum(),
        arrived: turns.iter().map(|turn| turn.arrived).sum(),
    }
}

fn verdict(budget: &Budget, figures: &[Figure]) -> Verdict {
    let Budget::Times(peer, limit) = *budget;
    let are_complete = figures.first().is_some_and(Figure::is_complete);
    let figure = figures.iter().find(|figure| figure.contender == peer);
    let found = figure.filter(|figure| figure.is_complete() && are_complete).and_then(|figure| figure.ratio);
    let found = found.map(|ratio| ratio.median);
    Verdict { peer, limit, found, is_kept: found.is_some_and(|found| found <= limit) }
}
