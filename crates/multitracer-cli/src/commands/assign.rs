//! `multitracer assign`.

use std::collections::HashSet;
use std::io::{self, BufRead as _, Write as _};

use multitracer::experiment::{Assignment, Experiment};
use serde_json::{Value, json};

use super::registry;
use crate::Outcome;
use crate::args::Assign;
use crate::chi_square::{ChiSquare, chi_square};
use crate::output::{Failure, out};

/// Below this a test says little (Cochran's rule).
const FEWEST: f64 = 5.0;

pub(crate) fn assign(args: &Assign) -> Outcome {
    let registry = registry(&args.file)?;
    let experiment =
        registry.experiment(&args.experiment).map_err(|error| Failure::Because(error.to_string()))?;
    if args.summary {
        let mut summary = Summary::new(&experiment);
        each(&args.units, |unit| {
            summary.add(unit);
            Ok(())
        })?;
        return if args.json { Ok(out(summary.json())?) } else { summary.print() };
    }
    // locked once: there may be millions
    let mut out = io::BufWriter::new(io::stdout().lock());
    each(&args.units, |unit| {
        let assignment = experiment.assign(unit);
        if args.json {
            writeln!(out, "{}", line(unit, &assignment))
        } else {
            let got = assignment.variant().unwrap_or("(fallback)");
            writeln!(out, "{unit}\t{got}\ttracer {}", assignment.tracer().name())
        }
    })?;
    out.flush()?;
    Ok(())
}

fn line(unit: &str, assignment: &Assignment) -> Value {
    json!({
        "unit": unit,
        "variant": assignment.variant(),
        "tracer": assignment.tracer().name(),
        "hash": assignment.hash(),
        "bucket": assignment.bucket(),
    })
}

/// Every unit of the command line, `-` standing for the lines of standard input.
fn each(units: &[String], mut take: impl FnMut(&str) -> io::Result<()>) -> Outcome {
    for unit in units {
        if unit != "-" {
            take(unit)?;
            continue;
        }
        for line in io::stdin().lock().lines() {
            take(line?.trim_end_matches('\r'))?;
        }
    }
    Ok(())
}

/// How many units each variant got.
struct Summary<'e> {
    experiment: &'e Experiment,
    seen: HashSet<Box<str>>,
    /// By variant, and last the fallback.
    counts: Vec<u64>,
    /// Empty ones, which have no hash.
    without: u64,
    repeated: u64,
}

impl<'e> Summary<'e> {
    fn new(experiment: &'e Experiment) -> Self {
        let counts = vec![0; experiment.variants().count() + 1];
        Self { experiment, seen: HashSet::new(), counts, without: 0, repeated: 0 }
    }

    fn add(&mut self, unit: &str) {
        if unit.is_empty() {
            self.without += 1;
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

    /// The share that each variant should have, and last the fallback.
    fn expected(&self) -> Vec<f64> {
        let total: f64 = self.experiment.weights().map(f64::from).sum();
        let coverage = self.experiment.coverage();
        let shares = self.experiment.weights().map(|weight| f64::from(weight) / total * coverage);
        shares.chain([1.0 - coverage]).collect()
    }

    fn rows(&self) -> Vec<(&str, u64, f64)> {
        let names = self.experiment.variants().chain(["(fallback)"]);
        let rows = names.zip(&self.counts).zip(self.expected());
        rows.map(|((name, count), expected)| (name, *count, expected)).collect()
    }

    /// The test, if there are enough units for one.
    fn test(&self) -> Option<ChiSquare> {
        let total = self.total() as f64;
        let cells: Vec<(f64, f64)> = self
            .rows()
            .into_iter()
            .filter(|(_, _, expected)| *expected > 0.0)
            .map(|(_, count, expected)| (count as f64, expected * total))
            .collect();
        cells.iter().all(|(_, expected)| *expected >= FEWEST).then(|| chi_square(&cells))?
    }

    fn json(&self) -> Value {
        let total = self.total().max(1) as f64;
        let variant = |(name, count, expected): (&str, u64, f64)| json!({"name": name, "count": count, "share": count as f64 / total, "expected": expected});
        let mut rows = self.rows();
        let fallback = rows.pop().map(variant);
        json!({
            "experiment": self.experiment.name(),
            "units": self.total(),
            "repeated": self.repeated,
            "empty": self.without,
            "variants": rows.into_iter().map(variant).collect::<Vec<_>>(),
            "fallback": fallback,
            "chi_square": self.test().map(|test| {
                json!({"value": test.value, "degrees_of_freedom": test.degrees, "p": test.p})
            }),
        })
    }

    fn print(&self) -> Outcome {
        let total = self.total();
        let width = self.rows().iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        out(format_args!("{:width$}  {:>10}  {:>8}  {:>8}", "variant", "units", "share", "expected"))?;
        for (name, count, expected) in self.rows() {
            let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
            out(format_args!(
                "{name:width$}  {count:>10}  {:>7.2}%  {:>7.2}%",
                share * 100.0,
                expected * 100.0
            ))?;
        }
        if self.repeated > 0 {
            out(format_args!("{} repeated units count once", self.repeated))?;
        }
        if self.without > 0 {
            out(format_args!("{} empty units, which get the fallback, are left out", self.without))?;
        }
        match self.test() {
            None => out(format_args!("{total} units: too few for a chi-square test"))?,
            Some(test) => {
                let verdict = if test.p < 0.001 {
                    "differs from the weights by more than chance"
                } else {
                    "in line with the weights"
                };
                let degrees = crate::output::counted(test.degrees as usize, "degree");
                out(format_args!(
                    "{total} units: chi-square {:.2} with {degrees} of freedom, p = {:.4}: {verdict}",
                    test.value, test.p
                ))?;
            }
        }
        Ok(())
    }
}
