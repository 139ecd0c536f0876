//! The program: its rows, its progress and its results.

use std::time::Instant;

use crate::measure::{Failure, measure};
use crate::options::Options;
use crate::report::{RowResult, table};
use crate::rows;

/// Measures the rows, and prints the table.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the program is for a terminal")]
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let effort = options.effort();
    let wanted = |name: &str| options.only.as_deref().is_none_or(|only| name.contains(only));
    let rows: Vec<_> = rows::all().into_iter().filter(|row| wanted(row.name)).collect();
    if rows.is_empty() {
        return Err("no row has this name".into());
    }
    let mut results = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let started = Instant::now();
        eprint!("{:>3}/{} {:<28}", at + 1, rows.len(), row.name);
        let turns = measure(row, &effort).map_err(|error| format!("{}: {error}", row.name))?;
        results.push(RowResult::of(row, &turns));
        eprintln!(" {:>6.1} s", started.elapsed().as_secs_f64());
    }
    print!("{}", table(&results));
    Ok(())
}
