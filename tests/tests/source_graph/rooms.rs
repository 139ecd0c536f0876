//! The arrows between a crate's top-level modules, and the table in a document that lists them.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Crate, ModuleId};

/// A use of one room's item in a file of another room.
#[derive(Clone, Debug)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The path that is used, as it is written.
    pub(crate) path: String,
}

/// Returns the arrows between the top-level modules of a crate.
///
/// A module of the root that holds `use` declarations alone is a facade: its names count as the
/// room that it takes them from. So does a name in the root itself.
pub(crate) fn arrows(parsed: &Crate) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for (id, module) in parsed.modules.iter().enumerate() {
        let Some(from) = module.path.first().filter(|room| is_room(parsed, room)) else {
            continue;
        };
        let imports = module.imports.iter().map(|import| (&import.path, import.line));
        let paths = module.code.paths.iter().map(|path| (&path.segments, path.line));
        for (path, line) in imports.chain(paths) {
            if let Some(to) = room_of(parsed, id, path)
                && to != *from
            {
                let (from, path) = (from.clone(), path.join("::"));
                arrows.push(Arrow { from, to, file: module.file.clone(), line, path });
            }
        }
    }
    arrows
}

/// Returns the names of the rooms.
pub(crate) fn rooms(parsed: &Crate) -> BTreeSet<String> {
    parsed.modules[0].children.keys().filter(|name| is_room(parsed, name)).cloned().collect()
}

/// Returns `true` for a top-level module that is not a facade.
fn is_room(parsed: &Crate, name: &str) -> bool {
    parsed.modules[0].children.get(name).is_some_and(|&id| !is_facade(parsed, id))
}

fn is_facade(parsed: &Crate, id: ModuleId) -> bool {
    let module = &parsed.modules[id];
    // functions that only the macros call may lie in the root's file
    let is_inline = module.file == parsed.modules[0].file;
    (is_inline || module.items.is_empty() && module.code.names.is_empty() && !module.imports.is_empty())
        && module.children.values().all(|&child| is_facade(parsed, child))
}

/// Returns the room of a path that begins with `crate`, `self` or `super`.
fn room_of(parsed: &Crate, from: ModuleId, path: &[String]) -> Option<String> {
    if !matches!(path.first()?.as_str(), "crate" | "self" | "super") {
        return None;
    }
    let (mut module, mut rest) = parsed.anchor(from, path);
    // every step goes one re-export or one facade deeper
    for _ in 0..=path.len() + parsed.modules.len() {
        if let Some(room) = parsed.modules[module].path.first().filter(|room| is_room(parsed, room)) {
            return Some(room.clone());
        }
        let (name, tail) = rest.split_first()?;
        if let Some(&child) = parsed.modules[module].children.get(name) {
            (module, rest) = (child, tail);
        } else if let Some(import) = parsed.modules[module].imports.iter().find(|i| i.name == *name) {
            if !matches!(import.path.first()?.as_str(), "crate" | "self" | "super") {
                return None;
            }
            (module, rest) = parsed.anchor(module, &import.path);
        } else {
            module = *parsed.macros.get(name)?;
        }
    }
    None
}

/// An entry of the table: a room that another room uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// The files that an upward arrow may start from; empty for an arrow that points down.
    pub(crate) known_from: Vec<String>,
}

/// The rooms of a document's table, and the rooms that each of them uses.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) rows: BTreeMap<String, BTreeMap<String, Entry>>,
}

impl Table {
    /// Parses the table under the heading `| room | uses |`.
    ///
    /// A cell lists rooms as `` `room` ``. The files in parentheses behind a room mark a known
    /// upward arrow, and are the only files that it may start from.
    pub(crate) fn parse(document: &str) -> Self {
        let mut lines = document.lines().map(str::trim).skip_while(|line| *line != "| room | uses |").skip(2);
        let mut rows = BTreeMap::new();
        for line in lines.by_ref().take_while(|line| line.starts_with('|')) {
            let mut cells = line.trim_matches('|').splitn(2, '|');
            let (room, uses) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            rows.insert(quoted(room).into_iter().next().unwrap_or_default(), parse_uses(uses));
        }
        Self { rows }
    }

    /// Returns `true` for a known upward arrow from `file` to the file `used`.
    pub(crate) fn is_known_upward(&self, file: &str, used: &str) -> bool {
        self.rows
            .get(room_of_file(file))
            .and_then(|row| row.get(room_of_file(used)))
            .is_some_and(|entry| entry.known_from.iter().any(|known| known == file))
    }

    /// Returns the rooms of a circle of arrows that point down; an empty list if there is none.
    pub(crate) fn circle(&self) -> Vec<String> {
        let down = |room: &String| {
            let uses = self.rows.get(room).into_iter().flatten();
            uses.filter(|(_, entry)| entry.known_from.is_empty()).map(|(name, _)| name.clone())
        };
        let mut left: BTreeSet<String> = self.rows.keys().cloned().collect();
        // a room that uses none of those left lies at the bottom
        while let Some(bottom) = left.iter().find(|room| !down(room).any(|used| left.contains(&used))) {
            let bottom = bottom.clone();
            left.remove(&bottom);
        }
        left.into_iter().collect()
    }
}

/// Returns the room of a file: its folder, or its own name.
fn room_of_file(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

fn parse_uses(cell: &str) -> BTreeMap<String, Entry> {
    let mut uses: BTreeMap<String, Entry> = BTreeMap::new();
    let mut last = None;
    for (index, part) in cell.split(['(', ')']).enumerate() {
        let is_note = index % 2 == 1;
        for name in quoted(part) {
            if !is_note {
                uses.insert(name.clone(), Entry::default());
                last = Some(name);
            } else if let Some(entry) = last.as_ref().and_then(|room| uses.get_mut(room)) {
                entry.known_from.push(name);
            }
        }
    }
    uses
}

/// Returns the texts between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
