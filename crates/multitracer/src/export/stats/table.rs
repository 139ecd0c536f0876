//! The tables that `Stats` and `Report` print.

use std::fmt::{self, Display as _};
use std::time::Duration;

use super::report::TracerReport;
use super::tracer_stats::TracerStats;

/// A table of `COLUMNS` columns. Text columns are on the left; numbers align to the right.
struct Table<const COLUMNS: usize> {
    headings: [&'static str; COLUMNS],
    /// Number of text columns.
    text_columns: usize,
    rows: Vec<Row<COLUMNS>>,
}

struct Row<const COLUMNS: usize> {
    cells: [String; COLUMNS],
    /// Text after the last column.
    note: String,
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|row| row.cells[column].chars().count());
            cells.max().unwrap_or(0).max(self.headings[column].len())
        });
        let write_line = |f: &mut fmt::Formatter<'_>, cells: &[&str]| -> fmt::Result {
            for (column, cell) in cells.iter().enumerate() {
                let (gap, width) = (if column == 0 { "" } else { "  " }, widths[column]);
                if column < self.text_columns {
                    write!(f, "{gap}{cell:width$}")?;
                } else {
                    write!(f, "{gap}{cell:>width$}")?;
                }
            }
            Ok(())
        };
        write_line(f, &self.headings)?;
        for row in &self.rows {
            writeln!(f)?;
            write_line(f, &row.cells.each_ref().map(String::as_str))?;
            f.write_str(&row.note)?;
        }
        Ok(())
    }
}

/// Writes all counts, the drop reasons and the last errors.
pub(super) fn write_stats(f: &mut fmt::Formatter<'_>, tracers: &[TracerStats]) -> fmt::Result {
    let headings = [
        "tracer",
        "project",
        "exporter",
        "started",
        "sampled out",
        "exported",
        "rejected",
        "dropped",
        "queued",
        "in flight",
        "open",
        "retries",
        "p50",
        "p99",
    ];
    let rows = tracers.iter().map(stats_row).collect();
    Table { headings, text_columns: 3, rows }.fmt(f)
}

fn stats_row(tracer: &TracerStats) -> Row<14> {
    let duration = |duration: Option<Duration>| {
        duration.map_or_else(|| "-".to_owned(), |duration| format!("{duration:.1?}"))
    };
    let cells = [
        tracer.name.to_string(),
        tracer.project.to_string(),
        tracer.exporter.to_string(),
        tracer.started.to_string(),
        tracer.sampled_out.to_string(),
        tracer.exported.to_string(),
        tracer.rejected.to_string(),
        tracer.dropped.total().to_string(),
        tracer.queued.to_string(),
        tracer.in_flight.to_string(),
        tracer.open().to_string(),
        tracer.retries.to_string(),
        duration(tracer.export_latency.p50()),
        duration(tracer.export_latency.p99()),
    ];
    let dropped = tracer.dropped.by_reason().into_iter().filter(|(_, spans)| *spans > 0);
    let mut note: String = dropped.map(|(reason, spans)| format!("  {reason}: {spans}")).collect();
    if let Some(error) = &tracer.last_error {
        note.push_str("  last error: ");
        note.push_str(error);
    }
    Row { cells, note }
}

/// Writes the main counts and the errors of a flush or a shutdown.
pub(super) fn write_report(f: &mut fmt::Formatter<'_>, tracers: &[TracerReport]) -> fmt::Result {
    let headings =
        ["tracer", "project", "started", "sampled out", "exported", "rejected", "dropped", "queued", "open"];
    let has_several_lines = |tracer: &TracerReport| {
        let is_same =
            |other: &&TracerReport| (&other.name, &other.project) == (&tracer.name, &tracer.project);
        tracers.iter().filter(is_same).count() > 1
    };
    let rows = tracers.iter().map(|tracer| report_row(tracer, has_several_lines(tracer))).collect();
    Table { headings, text_columns: 2, rows }.fmt(f)
}

fn report_row(tracer: &TracerReport, with_exporter: bool) -> Row<9> {
    let name = match with_exporter {
        true => format!("{} ({})", tracer.name, tracer.exporter),
        false => tracer.name.to_string(),
    };
    let cells = [
        name,
        tracer.project.to_string(),
        tracer.started.to_string(),
        tracer.sampled_out.to_string(),
        tracer.exported.to_string(),
        tracer.rejected.to_string(),
        tracer.dropped.total().to_string(),
        (tracer.queued + tracer.in_flight).to_string(),
        tracer.open().to_string(),
    ];
    let note = tracer.error.as_ref().map_or_else(String::new, |error| format!("  {error}"));
    Row { cells, note }
}
