//! The table of committed and present counts, and the rules for growth.

use std::fmt::Write as _;

use super::allocations::Allocations;
use super::committed::Committed;
use super::counts::Counts;
use super::paths::{Path, Threads};

/// The growth of instructions and bytes that fails.
const MAX_GROWTH: f64 = 0.03;

/// The growth of instructions in system libraries that fails. Copies take other instructions at
/// other places of the memory: the counts of one program vary by 4 %.
const MAX_SYSTEM_GROWTH: f64 = 0.10;

/// The instructions that may be added regardless of the growth: a path of five has no 3 %.
const FEW_INSTRUCTIONS: f64 = 2.0;

/// The allocations of all threads vary by this: a queue grows when the export thread is late.
const ALLOCATIONS_OF_ALL_THREADS: f64 = 0.05;

/// Returns a table of `now` beside `committed`, and the failures.
///
/// Instructions are compared if the same compiler made them. Those of system libraries are compared
/// if the libraries are the same too. Peers are shown and not checked.
#[must_use]
pub fn compare(paths: &[Path], committed: &Committed, now: &Committed) -> (String, Vec<String>) {
    let mut table = Table::default();
    let _ = writeln!(
        table.text,
        "{:<36} {:>24} {:>22} {:>22} {:>24}",
        "", "instructions", "in system libraries", "allocations", "bytes"
    );
    let same_compiler = now.versions.has_compiler_of(&committed.versions);
    let same_system = same_compiler && now.versions.has_system_of(&committed.versions);
    for path in paths {
        let Some(present) = now.get(path.name) else { continue };
        let before = committed.get(path.name);
        if before.is_none() {
            table.failures.push(format!("`{}` is not in the file", path.name));
        }
        let both = |of: fn(&Counts) -> Option<f64>| (before.and_then(of), of(present));
        let is_checked = !path.is_peer;
        let _ = write!(table.text, "{:<36}", path.name);
        let limit = |growth: f64| move |before: f64| before + (before * growth).max(FEW_INSTRUCTIONS);
        let numbers = both(|counts| Some(counts.instructions?.program));
        let program = limit(MAX_GROWTH);
        table.cell(path, "instructions", numbers, 0, (is_checked && same_compiler).then_some(&program));
        let numbers = both(|counts| Some(counts.instructions?.system));
        let system = limit(MAX_SYSTEM_GROWTH);
        table.cell(path, "system instructions", numbers, 0, (is_checked && same_system).then_some(&system));
        let numbers = both(|counts| counts.allocations.map(|Allocations { count, .. }| count));
        // the file has two digits
        let noise = if path.threads == Threads::All { ALLOCATIONS_OF_ALL_THREADS } else { 0.006 };
        let limit = |before: f64| before + noise;
        table.cell(path, "allocations", numbers, 2, is_checked.then_some(&limit));
        let numbers = both(|counts| counts.allocations.map(|Allocations { bytes, .. }| bytes));
        let limit = |before: f64| before * (1.0 + MAX_GROWTH) + 0.5;
        table.cell(path, "bytes", numbers, 0, is_checked.then_some(&limit));
        table.text.push('\n');
    }
    for (name, _) in &committed.paths {
        if paths.iter().all(|path| path.name != name) {
            table.failures.push(format!("`{name}` is in the file, and no path has this name"));
        }
    }
    (table.text, table.failures)
}

/// The text of the table, and what failed.
#[derive(Default)]
struct Table {
    text: String,
    failures: Vec<String>,
}

impl Table {
    /// Writes the numbers before and now, and their growth. Fails if the present number is above
    /// `limit`.
    fn cell(
        &mut self,
        path: &Path,
        what: &str,
        (before, now): (Option<f64>, Option<f64>),
        digits: usize,
        limit: Option<&dyn Fn(f64) -> f64>,
    ) {
        let shown = |number: Option<f64>| {
            number.map_or_else(|| "-".to_owned(), |number| format!("{number:.digits$}"))
        };
        let growth = before.zip(now).filter(|(before, _)| *before > 0.0);
        let growth = growth.map(|(before, now)| format!("{:+.1}%", (now / before - 1.0) * 100.0));
        let (before_text, now_text) = (shown(before), shown(now));
        let _ = write!(self.text, " {before_text:>8} {now_text:>7} {:>6}", growth.unwrap_or_default());
        if let (Some(before), Some(now), Some(limit)) = (before, now, limit)
            && now > limit(before)
        {
            self.failures.push(format!("`{}`: {what} grew from {before_text} to {now_text}", path.name));
        }
    }
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
