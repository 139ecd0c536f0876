//! The results as a table in Markdown.

use super::RowResult;
use super::result::Figure;

/// Returns the table: one line for each row, with the ratios to all peers.
pub(crate) fn markdown(results: &[RowResult]) -> String {
    let mut lines =
        vec!["| row | ours | ours / theirs | budgets |".to_owned(), "|---|---|---|---|".to_owned()];
    lines.extend(results.iter().map(row));
    lines.push(String::new());
    lines.join("\n")
}

fn row(result: &RowResult) -> String {
    let Some((ours, peers)) = result.figures.split_first() else { return String::new() };
    let peers: Vec<_> = peers.iter().filter_map(ratio).collect();
    let verdicts: Vec<_> = result.verdicts.iter().map(|verdict| verdict.sentence(ours.contender)).collect();
    let name = result.title.replace('|', "\\|");
    format!("| {name} | {} | {} | {} |", median(result, ours), peers.join(", "), verdicts.join(", "))
}

fn median(result: &RowResult, figure: &Figure) -> String {
    if figure.is_incomplete {
        return "incomplete".to_owned();
    }
    let unit = result.columns.first().map_or("", |column| column.unit);
    let spread = figure.metrics.first().copied().flatten();
    spread.map_or_else(String::new, |spread| format!("{:.1} {unit}", spread.median))
}

fn ratio(figure: &Figure) -> Option<String> {
    if figure.is_incomplete {
        return Some(format!("{} incomplete", figure.contender));
    }
    Some(format!("{:.2} {}", figure.ratio()?.median, figure.contender))
}
