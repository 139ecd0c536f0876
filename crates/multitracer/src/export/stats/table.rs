//! Stats as a table.

use std::fmt;
use std::time::Duration;

use super::{Stats, TracerStats};

const HEADINGS: [&str; 14] = [
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

/// Columns from the left that hold text.
const TEXTS: usize = 3;

impl fmt::Display for Stats {
    /// A table, with the reasons of what was dropped and the last error at the end of a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 14]> = self.tracers.iter().map(row).collect();
        let widths: [usize; 14] = std::array::from_fn(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0).max(HEADINGS[column].len())
        });
        let line = |f: &mut fmt::Formatter<'_>, cells: &[&str]| -> fmt::Result {
            for (column, cell) in cells.iter().enumerate() {
                let (gap, width) = (if column == 0 { "" } else { "  " }, widths[column]);
                if column < TEXTS {
                    write!(f, "{gap}{cell:width$}")?;
                } else {
                    write!(f, "{gap}{cell:>width$}")?;
                }
            }
            Ok(())
        };
        line(f, &HEADINGS)?;
        for (row, tracer) in rows.iter().zip(&self.tracers) {
            writeln!(f)?;
            line(f, &row.each_ref().map(String::as_str))?;
            for (reason, spans) in tracer.dropped.by_reason() {
                if spans > 0 {
                    write!(f, "  {reason}: {spans}")?;
                }
            }
            if let Some(error) = &tracer.last_error {
                write!(f, "  last error: {error}")?;
            }
        }
        Ok(())
    }
}

fn row(tracer: &TracerStats) -> [String; 14] {
    let time = |time: Option<Duration>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.1?}"));
    let counts = [
        tracer.started,
        tracer.sampled_out,
        tracer.exported,
        tracer.rejected,
        tracer.dropped.total(),
        tracer.queued,
        tracer.in_flight,
        tracer.open(),
        tracer.retries,
    ];
    std::array::from_fn(|column| match column {
        0 => tracer.name.to_string(),
        1 => tracer.project.to_string(),
        2 => tracer.exporter.to_string(),
        12 => time(tracer.export_latency.p50()),
        13 => time(tracer.export_latency.p99()),
        count => counts[count - TEXTS].to_string(),
    })
}
