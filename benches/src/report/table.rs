//! The results as a table.

use super::peers;
use super::result::{Column, Figure, RowResult, Verdict};
use crate::measure::Spread;

/// Returns the table.
pub(crate) fn table(results: &[RowResult]) -> String {
    let mut lines = peers::legend();
    lines.push(String::new());
    lines.push(line(["", "median (10 % to 90 %)", "others", "ours / this", "budget"]));
    for result in results {
        let over = result.base.map_or_else(String::new, |base| format!(" (less `{base}`)"));
        lines.push(format!("{}{over} [{}]", result.title, result.name));
        lines.extend(result.figures.iter().map(|figure| figure_line(result, figure)));
    }
    lines.push(kept(results));
    lines.push(String::new());
    lines.join("\n")
}

/// Returns the number of budgets that are kept.
fn kept(results: &[RowResult]) -> String {
    let verdicts = || results.iter().flat_map(|result| &result.verdicts);
    let kept = verdicts().filter(|verdict| verdict.is_kept).count();
    format!("{kept} of {} budgets are kept", verdicts().count())
}

fn line(cells: [&str; 5]) -> String {
    let [name, first, others, ratio, budget] = cells;
    let line = format!("  {name:<12}{first:>34}  {others:>36}  {ratio:>22}  {budget}");
    line.trim_end().to_owned()
}

fn figure_line(result: &RowResult, figure: &Figure) -> String {
    let name = figure.contender;
    if figure.is_incomplete {
        return line([name, &format!("incomplete: {} of {} spans", figure.arrived, figure.made), "", "", ""]);
    }
    let is_ours = result.figures.first().is_some_and(|ours| ours.contender == name);
    let mut columns = result.columns.iter().zip(&figure.metrics);
    let first = columns.next().map_or_else(String::new, |(column, spread)| with_spread(*column, *spread));
    let others = columns.zip(figure.ratios.iter().skip(1));
    let mut others: Vec<String> = others
        .map(|((column, spread), ratio)| median(*column, *spread) + &in_brackets(ratio.filter(|_| !is_ours)))
        .collect();
    if figure.made != figure.arrived {
        others.push(format!(
            "{:.0} % of {}",
            100.0 * figure.arrived as f64 / figure.made as f64,
            figure.made
        ));
    }
    if let Some(unaccounted) = figure.unaccounted {
        others.push(format!("{unaccounted} unaccounted"));
    }
    let ratio = figure.ratio().filter(|_| !is_ours).map_or_else(String::new, |ratio| {
        format!("{:.2}x ({:.2} to {:.2})", ratio.median, ratio.low, ratio.high)
    });
    let verdicts = result.verdicts.iter().filter(|verdict| verdict.beside == name);
    let verdicts: Vec<String> = verdicts.map(Verdict::words).collect();
    line([name, &first, &others.join(", "), &ratio, &verdicts.join(", ")])
}

fn with_spread(column: Column, spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |Spread { low, median, high }| {
        format!("{median:.1} {} ({low:.1} to {high:.1})", column.unit)
    })
}

fn in_brackets(ratio: Option<Spread>) -> String {
    ratio.map_or_else(String::new, |ratio| format!(" ({:.2}x)", ratio.median))
}

fn median(column: Column, spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |spread| format!("{} {:.1} {}", column.name, spread.median, column.unit))
}
