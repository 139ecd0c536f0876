//! The results as a table.

use std::fmt::Write as _;

use super::{Figure, RowResult, Verdict};
use crate::measure::Spread;

/// Returns the table.
pub(crate) fn table(results: &[RowResult]) -> String {
    let mut text = format!(
        "{:<44} {:>28}  {:>10}  {:>22}  {:>7}\n",
        "", "median (10 % to 90 %)", "cpu", "ours / it", "budget"
    );
    for result in results {
        // writing into a string does not fail
        let _ = writeln!(text, "{} [{}]", result.title, result.name);
        for figure in &result.figures {
            let verdict = result.verdicts.iter().find(|verdict| verdict.peer == figure.contender);
            let _ = writeln!(text, "{}", line(result, figure, verdict));
        }
    }
    text
}

fn line(result: &RowResult, figure: &Figure, verdict: Option<&Verdict>) -> String {
    let name = figure.contender;
    if !figure.is_complete() {
        return format!("  {name:<42} incomplete: {} of {} spans arrived", figure.arrived, figure.made);
    }
    let unit = result.metrics.first().copied().unwrap_or_default();
    let spread = |at: usize| figure.metrics.get(at).copied().flatten();
    let first = spread(0).map_or_else(String::new, |spread| spread_of(spread, unit));
    let cpu = spread(1).map_or_else(String::new, |spread| format!("{:.1} ns", spread.median));
    let is_ours = result.figures.first().is_some_and(|ours| ours.contender == name);
    let ratio = figure.ratio.filter(|_| !is_ours);
    let ratio = ratio.map_or_else(String::new, |ratio| {
        format!("{:.2}x ({:.2} to {:.2})", ratio.median, ratio.low, ratio.high)
    });
    let verdict = verdict.map_or_else(String::new, |verdict| {
        let word = if verdict.is_kept { "kept" } else { "MISSED" };
        format!("{:.2}x {word}", verdict.limit)
    });
    let line = format!("  {name:<32} {first:>38}  {cpu:>10}  {ratio:>22}  {verdict:>13}");
    line.trim_end().to_owned()
}

fn spread_of(spread: Spread, unit: &str) -> String {
    format!("{:.1} {unit} ({:.1} to {:.1})", spread.median, spread.low, spread.high)
}
