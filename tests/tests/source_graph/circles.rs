//! The files of a crate that use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::resolve::{ItemRef, Target};
use super::sources::{Crate, ModuleId};

/// A use of one file's item in another file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) item: String,
    /// The line of the first use in `from`.
    pub(crate) line: usize,
}

/// Files that all reach each other, and the uses between them.
#[derive(Debug)]
pub(crate) struct Circle {
    pub(crate) files: BTreeSet<String>,
    pub(crate) edges: Vec<Edge>,
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} files use each other in a circle:", self.files.len())?;
        for file in &self.files {
            writeln!(f, "  {file}")?;
        }
        writeln!(f, "  by these uses (item:line):")?;
        let mut pairs: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for Edge { from, to, item, line } in &self.edges {
            pairs.entry((from, to)).or_default().push(format!("{item}:{line}"));
        }
        for ((from, to), items) in pairs {
            writeln!(f, "    {from} -> {to}: {}", items.join(", "))?;
        }
        Ok(())
    }
}

/// Returns the circles over more than `limit` files, the largest first.
///
/// Uses for which `is_known` returns `true` close no circle.
pub(crate) fn circles(parsed: &Crate, limit: usize, is_known: impl Fn(&Edge) -> bool) -> Vec<Circle> {
    let mut edges = edges(parsed);
    edges.retain(|edge| !is_known(edge));
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in &edges {
        next.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|file| (*file, reachable(file, &next))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for (file, reached) in &reach {
        let members: BTreeSet<&str> = reached
            .iter()
            .copied()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(file)))
            .collect();
        if members.len() > limit && members.is_disjoint(&seen) {
            let is_inside = |edge: &&Edge| members.contains(&*edge.from) && members.contains(&*edge.to);
            circles.push(Circle {
                files: members.iter().map(|&file| file.to_owned()).collect(),
                edges: edges.iter().filter(is_inside).cloned().collect(),
            });
            seen.extend(members);
        }
    }
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.files.len()));
    circles
}

fn reachable<'a>(from: &'a str, next: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        for &other in next.get(file).into_iter().flatten() {
            if reached.insert(other) {
                open.push(other);
            }
        }
    }
    reached
}

/// Returns the uses between files, the first of each item in each file.
fn edges(parsed: &Crate) -> BTreeSet<Edge> {
    let mut found: BTreeMap<(String, String, String), Edge> = BTreeMap::new();
    for (id, module) in parsed.modules.iter().enumerate() {
        for Use { item, line } in uses(parsed, id) {
            let to = &parsed.modules[item.owner].file;
            if *to != module.file {
                let edge = Edge { from: module.file.clone(), to: to.clone(), item: item.name.clone(), line };
                found.entry((edge.from.clone(), edge.to.clone(), item.name)).or_insert(edge);
            }
        }
    }
    found.into_values().collect()
}

/// A use of an item in some module.
#[derive(Debug)]
struct Use {
    item: ItemRef,
    line: usize,
}

/// Returns the items that a module uses.
///
/// An imported module counts where the code uses an item of it. A re-export counts only if the
/// module itself uses the name.
fn uses(parsed: &Crate, id: ModuleId) -> Vec<Use> {
    let module = &parsed.modules[id];
    let names: BTreeSet<&str> = module.code.names.iter().map(String::as_str).collect();
    let mut uses = Vec::new();
    for import in &module.imports {
        let line = import.line;
        let is_used = !import.is_reexport || names.contains(&*import.name);
        match parsed.resolve(id, &import.path) {
            Some(Target::Item(item)) if is_used => uses.push(Use { item, line }),
            Some(Target::Module(source)) if import.name == "*" => {
                let inherited = names.iter().filter(|name| !module.items.contains(**name));
                let items = inherited.filter_map(|name| parsed.definition(source, name));
                uses.extend(items.map(|item| Use { item, line }));
            }
            _ => {}
        }
    }
    for path in &module.code.paths {
        if let Some(Target::Item(item)) = parsed.resolve(id, &path.segments) {
            uses.push(Use { item, line: path.line });
        }
    }
    for call in &module.code.macro_calls {
        if let Some(&owner) = parsed.macros.get(&call.name) {
            uses.push(Use { item: ItemRef { owner, name: call.name.clone() }, line: call.line });
        }
    }
    uses
}
