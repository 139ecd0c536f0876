//! The program: its rows, its progress and its results.

use std::fs;
use std::time::Instant;

use crate::measure::{Failure, measure};
use crate::options::Options;
use crate::report::{RowResult, draw, json, markdown, table};
use crate::rows::{self, Row};

/// Measures the rows, and prints the table. Fails if spans of multitracer are missing.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the program is for a terminal")]
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let rows: Vec<Row> = rows::all().into_iter().filter(|row| options.wants(row.name)).collect();
    if rows.is_empty() {
        return Err("no row has this name".into());
    }
    let effort = options.effort();
    let mut results = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let started = Instant::now();
        eprint!("{:>3}/{} {:<26}", at + 1, rows.len(), row.name);
        let turns = measure(row, &effort).map_err(|error| format!("{}: {error}", row.name))?;
        let result = RowResult::of(row, &turns);
        eprintln!("{:>6.1} s  {}", started.elapsed().as_secs_f64(), result.summary());
        results.push(result);
    }
    print!("{}", table(&results));
    if let Some(file) = &options.json {
        fs::write(file, json(&results, options.quick)?)?;
    }
    if let Some(file) = &options.markdown {
        fs::write(file, markdown(&results))?;
    }
    if let Some(folder) = &options.plot {
        for file in draw(&results, folder)? {
            eprintln!("drawn: {}", folder.join(file).display());
        }
    }
    match results.iter().find(|result| !result.is_accounted()) {
        Some(result) => Err(format!("{}: spans of multitracer are missing", result.name).into()),
        None => Ok(()),
    }
}
