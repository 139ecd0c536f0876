//! The results as charts.

use std::fs;
use std::io;
use std::path::Path;

use super::RowResult;
use super::svg::{Bar, Group, Scale, chart};

/// A chart: its file, the rows in it, and the metric that it shows.
struct Chart {
    file: &'static str,
    /// The beginnings of the names of the rows.
    rows: &'static [&'static str],
    metric: usize,
    scale: Scale,
}

const CHARTS: [Chart; 6] = [
    Chart {
        file: "performance-calls.svg",
        rows: &["off/", "unsampled/", "sampled/"],
        metric: 0,
        scale: Scale::Logarithmic,
    },
    Chart { file: "performance-traces.svg", rows: &["traces/", "bridge/"], metric: 0, scale: Scale::Linear },
    Chart { file: "performance-requests.svg", rows: &["http/"], metric: 0, scale: Scale::Linear },
    Chart { file: "performance-cpu.svg", rows: &["end-to-end/"], metric: 0, scale: Scale::Linear },
    Chart { file: "performance-delivered.svg", rows: &["saturation/"], metric: 0, scale: Scale::Linear },
    // the second metric is the 99th percentile
    Chart { file: "performance-latency.svg", rows: &["latency/"], metric: 1, scale: Scale::Linear },
];

/// Writes the charts whose rows were measured into a folder, and returns their files.
pub(crate) fn draw(results: &[RowResult], folder: &Path) -> io::Result<Vec<&'static str>> {
    fs::create_dir_all(folder)?;
    let mut files = Vec::new();
    for each in &CHARTS {
        let is_in = |result: &&RowResult| each.rows.iter().any(|start| result.name.starts_with(start));
        let rows: Vec<_> = results.iter().filter(is_in).collect();
        let Some(column) = rows.first().and_then(|row| row.columns.get(each.metric)) else { continue };
        let groups: Vec<_> = rows.iter().map(|row| group(row, each.metric)).collect();
        let unit = format!("{}, {}", column.name, column.unit);
        fs::write(folder.join(each.file), chart(&groups, &unit, each.scale))?;
        files.push(each.file);
    }
    Ok(files)
}

/// Returns the bars of a row. A contender that lost spans has no bar.
fn group(row: &RowResult, metric: usize) -> Group {
    let complete = row.figures.iter().filter(|figure| !figure.is_incomplete);
    let bar = |figure: &super::result::Figure| {
        Some(Bar { contender: figure.contender, spread: (*figure.metrics.get(metric)?)? })
    };
    Group { title: row.title, bars: complete.filter_map(bar).collect() }
}
