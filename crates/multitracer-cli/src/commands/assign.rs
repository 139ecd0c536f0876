//! The command `assign`, which shows the variants of units.

use std::io::{self, BufRead as _, Write as _};

use multitracer::experiment::Assignment;
use serde_json::{Value, json};

use super::registry_without_exporters;
use super::summary::Summary;
use crate::args::Assign;
use crate::output::CommandResult;
use crate::output::{CommandError, out, shown};

pub(crate) fn assign(args: &Assign) -> CommandResult {
    let registry = registry_without_exporters(&args.file)?;
    let experiment =
        registry.experiment(&args.experiment).map_err(|error| CommandError::Message(error.to_string()))?;
    if args.summary {
        let mut summary = Summary::new(&experiment);
        for_each_unit(&args.units, |unit| {
            summary.add(unit);
            Ok(())
        })?;
        return if args.json { Ok(out(summary.json())?) } else { summary.print() };
    }
    // locked once, because there may be millions of units
    let mut out = io::BufWriter::new(io::stdout().lock());
    for_each_unit(&args.units, |unit| {
        let assignment = experiment.assign(unit);
        if args.json {
            writeln!(out, "{}", assignment_json(unit, &assignment))
        } else {
            let variant = assignment.variant().unwrap_or("(fallback)");
            writeln!(out, "{}\t{variant}\ttracer {}", shown(unit), assignment.tracer().name())
        }
    })?;
    out.flush()?;
    Ok(())
}

fn assignment_json(unit: &str, assignment: &Assignment) -> Value {
    json!({
        "unit": unit,
        "variant": assignment.variant(),
        "tracer": assignment.tracer().name(),
        "hash": assignment.hash(),
        "bucket": assignment.bucket(),
    })
}

/// Calls `visit` with every unit of the command line. A `-` stands for the lines of standard input.
fn for_each_unit(units: &[String], mut visit: impl FnMut(&str) -> io::Result<()>) -> CommandResult {
    for unit in units {
        if unit != "-" {
            visit(unit)?;
            continue;
        }
        for line in io::stdin().lock().lines() {
            visit(line?.trim_end_matches('\r'))?;
        }
    }
    Ok(())
}
