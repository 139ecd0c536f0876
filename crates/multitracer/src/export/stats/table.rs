//! The tables that `Stats` and `Report` print.

use std::fmt::{self, Display as _};
use std::time::Duration;

use super::report::TracerReport;
use super::tracer_stats::TracerStats;
use crate::text::Escaped;

/// A column of the tables. Text is on the left; numbers align to the right.
struct Column {
    heading: &'static str,
    cell: fn(&TracerStats) -> String,
    alignment: Alignment,
    shown_in: ShownIn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Alignment {
    Left,
    Right,
}

/// The tables that have a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShownIn {
    Both,
    Stats,
    Report,
}

/// The columns of both tables, in their order.
const COLUMNS: [Column; 15] = [
    Column::text("tracer", |tracer| tracer.name.to_string()),
    Column::text("project", |tracer| tracer.project.to_string()),
    Column::text("exporter", |tracer| tracer.exporter.to_string()).only_in(ShownIn::Stats),
    Column::number("started", |tracer| tracer.started.to_string()),
    Column::number("sampled out", |tracer| tracer.sampled_out.to_string()),
    Column::number("exported", |tracer| tracer.exported.to_string()),
    Column::number("rejected", |tracer| tracer.rejected.to_string()),
    Column::number("dropped", |tracer| tracer.dropped.total().to_string()),
    Column::number("queued", |tracer| tracer.queued.to_string()).only_in(ShownIn::Stats),
    Column::number("in flight", |tracer| tracer.in_flight.to_string()).only_in(ShownIn::Stats),
    // a report has one column for all spans that wait
    Column::number("queued", |tracer| (tracer.queued + tracer.in_flight).to_string())
        .only_in(ShownIn::Report),
    Column::number("open", |tracer| tracer.open().to_string()),
    Column::number("retries", |tracer| tracer.retries.to_string()).only_in(ShownIn::Stats),
    Column::number("p50", |tracer| duration(tracer.export_latency.p50())).only_in(ShownIn::Stats),
    Column::number("p99", |tracer| duration(tracer.export_latency.p99())).only_in(ShownIn::Stats),
];

impl Column {
    const fn text(heading: &'static str, cell: fn(&TracerStats) -> String) -> Self {
        Self { heading, cell, alignment: Alignment::Left, shown_in: ShownIn::Both }
    }

    const fn number(heading: &'static str, cell: fn(&TracerStats) -> String) -> Self {
        Self { heading, cell, alignment: Alignment::Right, shown_in: ShownIn::Both }
    }

    const fn only_in(self, shown_in: ShownIn) -> Self {
        Self { shown_in, ..self }
    }
}

fn duration(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".to_owned(), |duration| format!("{duration:.1?}"))
}

/// A table with some of the columns.
struct Table {
    columns: Vec<&'static Column>,
    rows: Vec<Row>,
}

struct Row {
    /// One cell per column of the table.
    cells: Vec<String>,
    /// Text after the last column.
    note: String,
}

impl Table {
    /// Creates a table without rows that has the columns of `table`.
    fn new(table: ShownIn) -> Self {
        let is_shown = |column: &&Column| [ShownIn::Both, table].contains(&column.shown_in);
        Self { columns: COLUMNS.iter().filter(is_shown).collect(), rows: Vec::new() }
    }

    fn cells(&self, tracer: &TracerStats) -> Vec<String> {
        self.columns.iter().map(|column| Escaped((column.cell)(tracer)).to_string()).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |(index, column): (usize, &&Column)| {
            let cells = self.rows.iter().map(|row| row.cells[index].chars().count());
            cells.max().unwrap_or(0).max(column.heading.len())
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(width).collect();
        let write_line = |f: &mut fmt::Formatter<'_>, cells: &[&str]| -> fmt::Result {
            for (index, ((cell, column), width)) in cells.iter().zip(&self.columns).zip(&widths).enumerate() {
                let gap = if index == 0 { "" } else { "  " };
                match column.alignment {
                    Alignment::Left => write!(f, "{gap}{cell:width$}")?,
                    Alignment::Right => write!(f, "{gap}{cell:>width$}")?,
                }
            }
            Ok(())
        };
        let headings: Vec<&str> = self.columns.iter().map(|column| column.heading).collect();
        write_line(f, &headings)?;
        for row in &self.rows {
            writeln!(f)?;
            let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
            write_line(f, &cells)?;
            f.write_str(&row.note)?;
        }
        Ok(())
    }
}

/// Writes all counts, the drop reasons and the last errors.
pub(super) fn write_stats(f: &mut fmt::Formatter<'_>, tracers: &[TracerStats]) -> fmt::Result {
    let mut table = Table::new(ShownIn::Stats);
    for tracer in tracers {
        let cells = table.cells(tracer);
        table.rows.push(Row { cells, note: stats_note(tracer) });
    }
    table.fmt(f)
}

/// Returns the drop reasons and the last error of a tracer.
fn stats_note(tracer: &TracerStats) -> String {
    let dropped = tracer.dropped.by_reason().into_iter().filter(|(_, spans)| *spans > 0);
    let mut note: String = dropped.map(|(reason, spans)| format!("  {reason}: {spans}")).collect();
    if let Some(error) = &tracer.last_error {
        note.push_str("  last error: ");
        note.push_str(error);
    }
    note
}

/// Writes the main counts and the errors of a flush or a shutdown.
pub(super) fn write_report(f: &mut fmt::Formatter<'_>, tracers: &[TracerReport]) -> fmt::Result {
    let has_several_lines = |tracer: &TracerReport| {
        let is_same =
            |other: &&TracerReport| (&other.name, &other.project) == (&tracer.name, &tracer.project);
        tracers.iter().filter(is_same).count() > 1
    };
    let mut table = Table::new(ShownIn::Report);
    for tracer in tracers {
        let mut cells = table.cells(tracer);
        if has_several_lines(tracer)
            && let Some(name) = cells.first_mut()
        {
            *name = format!("{name} ({})", Escaped(&tracer.exporter));
        }
        let note = tracer.error.as_ref().map_or_else(String::new, |error| format!("  {error}"));
        table.rows.push(Row { cells, note });
    }
    table.fmt(f)
}
