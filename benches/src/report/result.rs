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
    /// For each metric, the value of the first contender, divided by the value of this one.
    pub(crate) ratios: Vec<Option<Spread>>,
    pub(crate) turns: usize,
    pub(crate) made: u64,
    pub(crate) arrived: u64,
    /// Spans that neither arrived nor were counted as dropped, if the contender counts drops.
    pub(crate) unaccounted: Option<u64>,
    /// `true` if spans are missing that had to arrive.
    pub(crate) is_incomplete: bool,
}

impl Figure {
    /// Returns the ratio of the first metric.
    pub(crate) fn ratio(&self) -> Option<Spread> {
        self.ratios.first().copied().flatten()
    }
}

/// A budget beside what was found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Verdict {
    /// The contender on whose line the verdict stands.
    pub(crate) beside: &'static str,
    /// The limit in words.
    pub(crate) limit: String,
    pub(crate) found: Option<f64>,
    pub(crate) is_kept: bool,
}

impl Verdict {
    /// Returns the limit and the verdict.
    pub(super) fn words(&self) -> String {
        let word = match (self.is_kept, self.found) {
            (true, _) => "kept",
            (false, Some(_)) => "MISSED",
            (false, None) => "not measured",
        };
        format!("{} {word}", self.limit)
    }

    /// Returns the same with the name of the peer, if there is one.
    pub(super) fn sentence(&self, ours: &str) -> String {
        let words = self.words();
        if self.beside == ours { words } else { words.replacen("x ", &format!(" {} ", self.beside), 1) }
    }
}

/// A metric of a row.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
}

/// The result of a row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RowResult {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) columns: Vec<Column>,
    /// The contender whose values are subtracted from those of the others.
    pub(crate) base: Option<&'static str>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) verdicts: Vec<Verdict>,
}

impl RowResult {
    /// Returns the result of the turns of a row.
    pub(crate) fn of(row: &Row, turns: &[Vec<Turn>]) -> Self {
        let values = values(row, turns);
        let ours = values.first().map_or(&[][..], |values| values);
        let contenders = row.contenders.iter().zip(turns).zip(&values);
        let figures: Vec<_> =
            contenders.map(|(((name, _), turns), values)| figure(row, name, turns, values, ours)).collect();
        let verdicts = row.budgets.iter().map(|budget| verdict(row, budget, &figures)).collect();
        let columns = row.metrics.iter().map(|metric| metric.title());
        let columns = columns.map(|(name, unit)| Column { name, unit }).collect();
        Self { name: row.name, title: row.title, columns, base: row.base, figures, verdicts }
    }

    /// Returns `true` if each of our spans arrived, or was counted as dropped.
    pub(crate) fn is_accounted(&self) -> bool {
        let ours = self.figures.first();
        ours.is_none_or(|ours| !ours.is_incomplete && ours.unaccounted.is_none_or(|spans| spans == 0))
    }

    /// Returns the first metric of each contender, in a few words.
    pub(crate) fn summary(&self) -> String {
        let unit = self.columns.first().map_or("", |column| column.unit);
        let value = |figure: &Figure| match figure.metrics.first() {
            Some(Some(spread)) if !figure.is_incomplete => {
                format!("{} {:.1} {unit}", figure.contender, spread.median)
            }
            _ => format!("{} incomplete", figure.contender),
        };
        self.figures.iter().map(value).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the values of each turn of each contender, over those of the base in the same round.
fn values(row: &Row, turns: &[Vec<Turn>]) -> Vec<Vec<Vec<f64>>> {
    let at = row.base.and_then(|base| row.contenders.iter().position(|(name, _)| *name == base));
    let base = at.and_then(|at| turns.get(at));
    let over = |round: usize, turn: &Turn| {
        let base = base.and_then(|base| base.get(round));
        let base = |metric| base.and_then(|base| base.values.get(metric)).copied().unwrap_or(0.0);
        turn.values.iter().enumerate().map(|(metric, value)| value - base(metric)).collect()
    };
    let of = |(contender, turns): (usize, &Vec<Turn>)| -> Vec<Vec<f64>> {
        if Some(contender) == at {
            return turns.iter().map(|turn| turn.values.clone()).collect();
        }
        turns.iter().enumerate().map(|(round, turn)| over(round, turn)).collect()
    };
    turns.iter().enumerate().map(of).collect()
}

fn figure(
    row: &Row,
    contender: &'static str,
    turns: &[Turn],
    values: &[Vec<f64>],
    ours: &[Vec<f64>],
) -> Figure {
    let of = |values: &Vec<f64>, metric: usize| values.get(metric).copied().unwrap_or(f64::NAN);
    let spread = |metric| Spread::of(values.iter().map(|values| of(values, metric)));
    let ratio = |metric| {
        let pairs = ours.iter().zip(values).map(|(ours, values)| of(ours, metric) / of(values, metric));
        Spread::of(pairs).filter(|_| row.base != Some(contender))
    };
    let (made, arrived) =
        (turns.iter().map(|turn| turn.made).sum(), turns.iter().map(|turn| turn.arrived).sum());
    Figure {
        contender,
        metrics: (0..row.metrics.len()).map(spread).collect(),
        ratios: (0..row.metrics.len()).map(ratio).collect(),
        turns: turns.len(),
        made,
        arrived,
        unaccounted: turns.iter().map(|turn| turn.unaccounted).sum(),
        is_incomplete: !row.may_lose && turns.iter().any(|turn| turn.made != turn.arrived),
    }
}

fn verdict(row: &Row, budget: &Budget, figures: &[Figure]) -> Verdict {
    let complete =
        |name: &str| figures.iter().find(|figure| figure.contender == name && !figure.is_incomplete);
    let ours = row.contenders.first().map_or("", |(name, _)| *name);
    let ratio = |peer: &str| {
        complete(ours)?;
        Some(complete(peer)?.ratio()?.median)
    };
    match *budget {
        Budget::Times(beside, limit) => {
            let found = ratio(beside);
            let is_kept = found.is_some_and(|found| found <= limit);
            Verdict { beside, limit: format!("<= {limit:.2}x"), found, is_kept }
        }
        Budget::AtLeast(beside, limit) => {
            let found = ratio(beside);
            let is_kept = found.is_some_and(|found| found >= limit);
            Verdict { beside, limit: format!(">= {limit:.2}x"), found, is_kept }
        }
        Budget::AtMost(metric, limit) => {
            let at = row.metrics.iter().position(|each| *each == metric);
            let found = at.and_then(|at| complete(ours)?.metrics.get(at).copied().flatten());
            let found = found.map(|spread| spread.median);
            let is_kept = found.is_some_and(|found| found <= limit);
            Verdict { beside: ours, limit: format!("<= {limit} {}", metric.title().1), found, is_kept }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RowResult;
    use crate::measure::Turn;
    use crate::rows::{Budget, Row};

    const ROW: Row = Row::new(
        "name",
        "title",
        &[
            ("multitracer", || Err("not set up".into())),
            ("none", || Err("not set up".into())),
            ("peer", || Err("not set up".into())),
        ],
    )
    .budgets(&[Budget::Times("peer", 0.5)]);

    fn turns(values: [f64; 3], arrived: u64) -> Vec<Turn> {
        let turn = |value| Turn { made: 10, arrived, values: vec![value, value], ..Turn::default() };
        values.map(turn).to_vec()
    }

    #[test]
    fn a_ratio_is_the_median_over_the_rounds() {
        let turns = [turns([1.0, 2.0, 3.0], 10), turns([9.0; 3], 10), turns([4.0, 4.0, 4.0], 10)];
        let result = RowResult::of(&ROW, &turns);
        assert_eq!(result.verdicts[0].found, Some(0.5));
        assert!(result.verdicts[0].is_kept && result.is_accounted());
    }

    #[test]
    fn the_base_is_subtracted_in_each_round() {
        let turns = [turns([3.0, 4.0, 5.0], 10), turns([1.0, 2.0, 3.0], 10), turns([5.0, 6.0, 7.0], 10)];
        let result = RowResult::of(&ROW.over("none"), &turns);
        let medians = result.figures.iter().map(|figure| figure.metrics[0].map(|spread| spread.median));
        assert_eq!(medians.collect::<Vec<_>>(), [Some(2.0), Some(2.0), Some(4.0)]);
        assert_eq!(result.verdicts[0].found, Some(0.5));
    }

    #[test]
    fn a_contender_that_loses_spans_is_not_a_number() {
        let turns = [turns([1.0; 3], 10), turns([1.0; 3], 10), turns([4.0; 3], 9)];
        let result = RowResult::of(&ROW, &turns);
        assert!(result.figures[2].is_incomplete);
        assert_eq!(result.verdicts[0].found, None);
        assert!(!result.verdicts[0].is_kept);
    }
}
