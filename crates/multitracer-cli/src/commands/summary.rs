//! The summary of `assign --summary`: counts, shares and a test of the split.

use std::collections::HashSet;

use multitracer::experiment::Experiment;
use serde_json::{Value, json};

use crate::chi_square::{Cell, ChiSquare, chi_square};
use crate::output::CommandResult;
use crate::output::{counted, out};

/// The smallest expected count of a cell for which the test is reliable (Cochran's rule).
const MIN_EXPECTED_UNITS: f64 = 5.0;

/// A count of the units of each variant.
pub(super) struct Summary<'e> {
    experiment: &'e Experiment,
    seen: HashSet<Box<str>>,
    /// Counts per variant; the last entry is the fallback.
    counts: Vec<u64>,
    /// The number of empty units, which have no hash.
    empty: u64,
    repeated: u64,
}

/// A line of the summary.
struct Row<'s> {
    name: &'s str,
    count: u64,
    expected_share: f64,
}

impl Row<'_> {
    /// Returns the share of this row; 0 without units.
    fn share(&self, total: u64) -> f64 {
        self.count as f64 / total.max(1) as f64
    }

    fn json(&self, total: u64) -> Value {
        json!({
            "name": self.name,
            "count": self.count,
            "share": self.share(total),
            "expected": self.expected_share,
        })
    }
}

impl<'e> Summary<'e> {
    pub(super) fn new(experiment: &'e Experiment) -> Self {
        let counts = vec![0; experiment.variants().count() + 1];
        Self { experiment, seen: HashSet::new(), counts, empty: 0, repeated: 0 }
    }

    /// Assigns and counts a unit.
    pub(super) fn add(&mut self, unit: &str) {
        if unit.is_empty() {
            self.empty += 1;
        } else if self.seen.insert(unit.into()) {
            let assignment = self.experiment.assign(unit);
            let variant = self.experiment.variants().position(|name| Some(name) == assignment.variant());
            if let Some(count) = self.counts.get_mut(variant.unwrap_or(self.experiment.variants().count())) {
                *count += 1;
            }
        } else {
            self.repeated += 1;
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the expected share of each variant, and that of the fallback last.
    fn expected_shares(&self) -> Vec<f64> {
        let total: f64 = self.experiment.weights().map(f64::from).sum();
        let coverage = self.experiment.coverage();
        let shares = self.experiment.weights().map(|weight| f64::from(weight) / total * coverage);
        shares.chain([1.0 - coverage]).collect()
    }

    /// Returns a row for each variant, and the fallback last.
    fn rows(&self) -> Vec<Row<'_>> {
        let names = self.experiment.variants().chain(["(fallback)"]);
        let rows = names.zip(&self.counts).zip(self.expected_shares());
        rows.map(|((name, count), expected_share)| Row { name, count: *count, expected_share }).collect()
    }

    /// Tests the counts. Returns `None` if there are too few units for a test.
    fn test(&self) -> Option<ChiSquare> {
        let total = self.total() as f64;
        let cells: Vec<Cell> = self
            .rows()
            .iter()
            .filter(|row| row.expected_share > 0.0)
            .map(|row| Cell { count: row.count as f64, expected: row.expected_share * total })
            .collect();
        cells.iter().all(|cell| cell.expected >= MIN_EXPECTED_UNITS).then(|| chi_square(&cells))?
    }

    /// Returns the summary as JSON.
    pub(super) fn json(&self) -> Value {
        let total = self.total();
        let mut rows: Vec<Value> = self.rows().iter().map(|row| row.json(total)).collect();
        let fallback = rows.pop();
        json!({
            "experiment": self.experiment.name(),
            "units": total,
            "repeated": self.repeated,
            "empty": self.empty,
            "variants": rows,
            "fallback": fallback,
            "chi_square": self.test().map(|test| {
                json!({"value": test.value, "degrees_of_freedom": test.degrees, "p": test.p})
            }),
        })
    }

    /// Prints the summary as a table.
    pub(super) fn print(&self) -> CommandResult {
        let total = self.total();
        let width = self.rows().iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        out(format_args!("{:width$}  {:>10}  {:>8}  {:>8}", "variant", "units", "share", "expected"))?;
        for row in self.rows() {
            out(format_args!(
                "{:width$}  {:>10}  {:>7.2}%  {:>7.2}%",
                row.name,
                row.count,
                row.share(total) * 100.0,
                row.expected_share * 100.0
            ))?;
        }
        if self.repeated > 0 {
            out(format_args!("{} repeated units are counted once", self.repeated))?;
        }
        if self.empty > 0 {
            out(format_args!("{} empty units get the fallback and are not counted", self.empty))?;
        }
        match self.test() {
            None => out(format_args!("{total} units: too few for a chi-square test"))?,
            Some(test) => {
                let verdict = if test.p < 0.001 {
                    "differs from the weights by more than chance"
                } else {
                    "in line with the weights"
                };
                let degrees = counted(test.degrees as usize, "degree");
                out(format_args!(
                    "{total} units: chi-square {:.2} with {degrees} of freedom, p = {:.4}: {verdict}",
                    test.value, test.p
                ))?;
            }
        }
        Ok(())
    }
}
