//! The differences between the arrows in the sources and the table that lists them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::rooms::{Arrow, Entry, Table, arrows, rooms};
use super::sources::Crate;

/// Returns a text for each difference, which says how to mend it. `folder` stands before the files.
pub(crate) fn differences(parsed: &Crate, table: &Table, folder: &str) -> Vec<String> {
    let arrows = arrows(parsed);
    let mut found = missing_entries(&arrows, table, folder);
    found.extend(unused_entries(&arrows, table));
    let (rooms, rows) = (rooms(parsed), table.rows.keys().cloned().collect());
    found.extend(rooms.difference(&rows).map(|room| format!("the table has no row for the room `{room}`")));
    found.extend(rows.difference(&rooms).map(|row| format!("the table has a row `{row}` without a room")));
    let circle = table.circle();
    if !circle.is_empty() {
        found.push(format!(
            "the table has a circle among these rooms: {}; only an arrow with files in parentheses may \
             point up",
            circle.join(", ")
        ));
    }
    found
}

/// Returns a text for each arrow that the table does not allow, with the places that use it.
fn missing_entries(arrows: &[Arrow], table: &Table, folder: &str) -> Vec<String> {
    let mut missing: BTreeMap<(&str, &str), Vec<&Arrow>> = BTreeMap::new();
    for arrow in arrows.iter().filter(|arrow| !is_allowed(arrow, table)) {
        missing.entry((&arrow.from, &arrow.to)).or_default().push(arrow);
    }
    let describe = |((from, to), places): ((&str, &str), Vec<&Arrow>)| {
        let mut text = match entry(table, from, to) {
            Some(entry) => format!(
                "`{from}` uses `{to}`, which the table allows in {} alone; remove these uses, or move what \
                 both rooms need into a room below both:",
                entry.known_from.join(", ")
            ),
            None => format!(
                "`{from}` uses `{to}`, but the table has no such arrow; if it points down, add `{to}` to \
                 the row `{from}`, else move what both rooms need into a room below both:"
            ),
        };
        for Arrow { file, line, path, .. } in places {
            // writing to a String cannot fail
            let _ = write!(text, "\n  {folder}{file}:{line} ({path})");
        }
        text
    };
    missing.into_iter().map(describe).collect()
}

/// Returns a text for each entry of the table that no code uses.
fn unused_entries(arrows: &[Arrow], table: &Table) -> Vec<String> {
    let used: BTreeSet<(&str, &str)> = arrows.iter().map(|arrow| (&*arrow.from, &*arrow.to)).collect();
    let mut found = Vec::new();
    for (from, row) in &table.rows {
        for (to, entry) in row {
            if !used.contains(&(&**from, &**to)) {
                found.push(format!("the row `{from}` lists `{to}`, but no code uses it; delete the entry"));
            }
            for file in &entry.known_from {
                if !arrows.iter().any(|arrow| arrow.file == *file && arrow.to == *to) {
                    found
                        .push(format!("the row `{from}` lets {file} use `{to}`, but it does not; delete it"));
                }
            }
        }
    }
    found
}

fn is_allowed(arrow: &Arrow, table: &Table) -> bool {
    entry(table, &arrow.from, &arrow.to)
        .is_some_and(|entry| entry.known_from.is_empty() || entry.known_from.contains(&arrow.file))
}

fn entry<'table>(table: &'table Table, from: &str, to: &str) -> Option<&'table Entry> {
    table.rows.get(from)?.get(to)
}
