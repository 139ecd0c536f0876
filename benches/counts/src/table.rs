//! The table of committed and present counts, and the rules for growth.

use std::fmt::Write as _;

use super::committed::Committed;
use super::counts::Counts;
use super::paths::{Path, Threads};

/// The growth of instructions and bytes that fails.
const MAX_GROWTH: f64 = 0.03;

/// The growth of system instructions that fails. Copies take other instructions at
/// other places of the memory: the counts of one program vary by 4 %.
const MAX_SYSTEM_GROWTH: f64 = 0.10;

/// The growth in instructions that always passes, because short paths have no 3 %.
const FEW_INSTRUCTIONS: f64 = 2.0;

/// The growth in allocations that passes, because the file has two digits.
const ROUNDING: f64 = 0.006;

/// The same for a path of all threads. A queue grows when the export thread is late.
const LATE_EXPORTS: f64 = 0.05;

/// A number of each path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Instructions,
    System,
    Allocations,
    Bytes,
}

impl Column {
    const ALL: [Self; 4] = [Self::Instructions, Self::System, Self::Allocations, Self::Bytes];

    fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::System => "system instructions",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes",
        }
    }

    fn of(self, counts: &Counts) -> Option<f64> {
        match self {
            Self::Instructions => Some(counts.instructions?.program),
            Self::System => Some(counts.instructions?.system),
            Self::Allocations => Some(counts.allocations?.count),
            Self::Bytes => Some(counts.allocations?.bytes),
        }
    }

    /// Returns the largest number that passes.
    fn limit(self, before: f64, threads: Threads) -> f64 {
        let growth = match (self, threads) {
            (Self::Instructions, _) => (before * MAX_GROWTH).max(FEW_INSTRUCTIONS),
            (Self::System, _) => (before * MAX_SYSTEM_GROWTH).max(FEW_INSTRUCTIONS),
            (Self::Allocations, Threads::Calling) => ROUNDING,
            (Self::Allocations, Threads::All) => LATE_EXPORTS,
            (Self::Bytes, _) => before * MAX_GROWTH + 0.5,
        };
        before + growth
    }

    fn text(self, number: Option<f64>) -> String {
        let digits = if self == Self::Allocations { 2 } else { 0 };
        number.map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
    }
}

/// Returns a table of `now` beside `committed`, and the failures.
///
/// Instructions are compared if the same compiler made them. Those of system libraries are compared
/// if the libraries are the same too. Peers are shown and not checked.
#[must_use]
pub fn compare(paths: &[Path], committed: &Committed, now: &Committed) -> (String, Vec<String>) {
    let (mut table, mut failures) = (format!("{:<36}", ""), Vec::new());
    let mut has_gain = false;
    for column in Column::ALL {
        let _ = write!(table, " | {:^24}", column.name());
    }
    let _ = write!(table, "\n{:<36}", "path");
    for _ in Column::ALL {
        let _ = write!(table, " | {:>8} {:>7} {:>7}", "file", "now", "growth");
    }
    let has_same_compiler = now.versions.has_compiler_of(&committed.versions);
    let has_same_system = has_same_compiler && now.versions.has_system_of(&committed.versions);
    for path in paths {
        let Some(present) = now.get(path.name) else { continue };
        let before = committed.get(path.name);
        if before.is_none() {
            failures.push(format!("`{}` is not in the file", path.name));
        }
        let _ = write!(table, "\n{:<36}", path.name);
        for column in Column::ALL {
            let is_checked = !path.is_peer
                && match column {
                    Column::Instructions => has_same_compiler,
                    Column::System => has_same_system,
                    Column::Allocations | Column::Bytes => true,
                };
            let (before, now) = (before.and_then(|before| column.of(before)), column.of(present));
            let (before_text, now_text) = (column.text(before), column.text(now));
            let growth = before.zip(now).filter(|(before, _)| *before > 0.0);
            let growth = growth.map(|(before, now)| format!("{:+.1}%", (now / before - 1.0) * 100.0));
            let _ = write!(table, " | {before_text:>8} {now_text:>7} {:>7}", growth.unwrap_or_default());
            let (true, Some(before), Some(now)) = (is_checked, before, now) else { continue };
            has_gain |= before > column.limit(now, path.threads);
            if now > column.limit(before, path.threads) {
                let column = column.name();
                failures.push(format!("`{}`: {column} grew from {before_text} to {now_text}", path.name));
            }
        }
    }
    table.push('\n');
    if has_gain {
        table.push_str("some numbers fell: record the file, so that they stay low\n");
    }
    for (name, _) in &committed.paths {
        if Path::named(name).is_none() {
            failures.push(format!("`{name}` is in the file, and no path has this name"));
        }
    }
    (table, failures)
}

#[cfg(test)]
mod tests {
    use super::super::allocations::Allocations;
    use super::super::callgrind::Instructions;
    use super::super::versions::Versions;
    use super::*;

    fn committed(rustc: &str, program: f64, system: f64, count: f64, bytes: f64) -> Committed {
        let counts = Counts {
            instructions: Some(Instructions { program, system }),
            allocations: Some(Allocations { count, bytes }),
        };
        let versions = Versions { rustc: rustc.to_owned(), ..Versions::default() };
        Committed { versions, paths: vec![("child".to_owned(), counts)] }
    }

    fn failures(before: &Committed, now: &Committed) -> Vec<String> {
        let child: Vec<Path> = Path::named("child").into_iter().collect();
        compare(&child, before, now).1
    }

    #[test]
    fn growth_fails_above_its_limit() {
        let before = committed("1.95.0", 1000.0, 200.0, 4.0, 600.0);
        for (now, expected) in [
            (committed("1.95.0", 1030.0, 220.0, 4.0, 618.0), &[][..]),
            (committed("1.95.0", 500.0, 100.0, 1.0, 300.0), &[]),
            (
                committed("1.95.0", 1031.0, 200.0, 4.0, 600.0),
                &["`child`: instructions grew from 1000 to 1031"],
            ),
            (
                committed("1.95.0", 1000.0, 221.0, 4.0, 600.0),
                &["`child`: system instructions grew from 200 to 221"],
            ),
            (
                committed("1.95.0", 1000.0, 200.0, 4.02, 600.0),
                &["`child`: allocations grew from 4.00 to 4.02"],
            ),
            (committed("1.95.0", 1000.0, 200.0, 4.0, 619.0), &["`child`: bytes grew from 600 to 619"]),
            // another compiler makes other instructions
            (committed("1.96.0", 2000.0, 900.0, 4.0, 600.0), &[]),
            (
                committed("1.96.0", 2000.0, 900.0, 5.0, 600.0),
                &["`child`: allocations grew from 4.00 to 5.00"],
            ),
        ] {
            assert_eq!(failures(&before, &now), expected);
        }
    }

    #[test]
    fn paths_and_file_have_the_same_names() {
        let now = committed("1.95.0", 1.0, 1.0, 1.0, 1.0);
        assert_eq!(failures(&Committed::default(), &now), ["`child` is not in the file"]);
        let mut before = now.clone();
        before.paths.push(("gone".to_owned(), Counts::default()));
        assert_eq!(failures(&before, &now), ["`gone` is in the file, and no path has this name"]);
    }
}
