//! The arrows between rooms, held against the table in docs/design.md, and circles between files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic, and say what it found")]

mod source_graph;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use self::source_graph::{Circle, Crate, Edge, Table, circles, differences};

/// Files that may use each other in both directions: a pair, such as a type and its builder.
const MAX_CIRCLE: usize = 2;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn design_table() -> Table {
    Table::parse(&fs::read_to_string(repository().join("docs/design.md")).unwrap())
}

fn read(package: &str, root: &str) -> Crate {
    Crate::read(&repository().join("crates").join(package).join("src"), root)
}

/// Parses a crate whose files are given as pairs of a path and a text.
fn parse(files: &[(&str, &str)]) -> Crate {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Crate::parse("lib.rs", &|file| files.get(file).map(|&text| text.to_owned()))
}

/// Panics if files of a crate use each other in a circle.
#[track_caller]
fn assert_no_circles(package: &str, found: &[Circle]) {
    let mut text = String::new();
    for circle in found {
        write!(text, "{circle}").unwrap();
    }
    assert!(
        found.is_empty(),
        "crates/{package}/src has circles over more than {MAX_CIRCLE} files. Move what two of these files \
         need into a file below both.\n{text}"
    );
}

#[test]
fn rooms_use_each_other_as_the_design_says() {
    let found = differences(&read("multitracer", "lib.rs"), &design_table(), "crates/multitracer/src/");
    assert!(
        found.is_empty(),
        "the table in docs/design.md, section Layout, and crates/multitracer/src differ in {} places:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn no_circle_in_the_library_has_more_than_two_files() {
    let table = design_table();
    let is_known = |edge: &Edge| table.is_known_upward(&edge.from, &edge.to);
    assert_no_circles("multitracer", &circles(&read("multitracer", "lib.rs"), MAX_CIRCLE, is_known));
}

#[test]
fn no_circle_in_the_macros_has_more_than_two_files() {
    assert_no_circles(
        "multitracer-macros",
        &circles(&read("multitracer-macros", "lib.rs"), MAX_CIRCLE, |_| false),
    );
}

#[test]
fn no_circle_in_the_command_has_more_than_two_files() {
    assert_no_circles(
        "multitracer-cli",
        &circles(&read("multitracer-cli", "main.rs"), MAX_CIRCLE, |_| false),
    );
}

/// Returns the edges between files of the circles over at least one file.
fn edges_of(files: &[(&str, &str)]) -> Vec<String> {
    let mut edges = Vec::new();
    for circle in circles(&parse(files), 1, |_| false) {
        edges.extend(circle.edges.iter().map(|edge| format!("{} -> {}", edge.from, edge.to)));
    }
    edges
}

#[test]
fn a_circle_is_found_through_re_exports_and_macros() {
    let edges = edges_of(&[
        ("lib.rs", "mod a; mod b; pub use self::a::A;"),
        ("a/mod.rs", "mod inner; pub(crate) use self::inner::Inner; pub struct A(Inner);"),
        ("a/inner.rs", "macro_rules! make { () => { $crate::b::B::new() } } pub(crate) struct Inner;"),
        ("b.rs", "use crate::A; pub struct B(A);"),
    ]);
    assert_eq!(edges, ["a/inner.rs -> b.rs", "a/mod.rs -> a/inner.rs", "b.rs -> a/mod.rs"]);
}

#[test]
fn a_module_that_only_re_exports_closes_no_circle() {
    let edges = edges_of(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod x; mod y; pub(crate) use self::x::X; pub(crate) use self::y::Y;"),
        ("a/x.rs", "pub struct X;"),
        ("a/y.rs", "use super::X; pub struct Y(X);"),
    ]);
    assert_eq!(edges, [""; 0]);
}

#[test]
fn tests_fields_methods_visibilities_and_other_crates_are_no_uses() {
    let edges = edges_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use super::b::B; pub struct A(B); #[cfg(test)] mod checks { use crate::b::B; }"),
        (
            "b.rs",
            "pub(in crate::a) struct B { a: u8 } \
             impl B { fn get(&self) -> u8 { ::a::zero(); other::a::zero(); self.a } \
             #[cfg(test)] fn probe() -> crate::a::A { todo!() } } \
             #[cfg(test)] use crate::a::A; mod tests;",
        ),
    ]);
    assert_eq!(edges, [""; 0]);
}

#[test]
fn a_function_and_a_module_of_one_name_are_told_apart() {
    let edges = edges_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod start; pub use self::start::start; pub struct A;"),
        ("a/start.rs", "use crate::b::B; pub fn start(_: B) {}"),
        ("b.rs", "use crate::a::start; pub struct B; fn b() { start(B) }"),
    ]);
    assert_eq!(edges, ["a/start.rs -> b.rs", "b.rs -> a/start.rs"]);
}

/// A crate with the rooms `low`, `middle` and `high`, and facades in its root.
const ROOMS: [(&str, &str); 4] = [
    (
        "lib.rs",
        "mod low; mod middle; mod high; pub use self::low::Low; \
         pub mod names { pub use crate::middle::Middle; }",
    ),
    ("low.rs", "pub struct Low; fn up() -> crate::names::Middle { todo!() }"),
    ("middle.rs", "use crate::Low; pub struct Middle(Low);"),
    ("high.rs", "macro_rules! make { () => { $crate::middle::Middle } }"),
];

#[test]
fn the_table_and_the_arrows_agree() {
    let table = "\
| room | uses |
|---|---|
| `low` | `middle` (up, only in `low.rs`) |
| `middle` | `low` |
| `high` | `middle` |
";
    assert_eq!(differences(&parse(&ROOMS), &Table::parse(table), ""), [""; 0]);
}

#[test]
fn each_difference_from_the_table_is_told() {
    let table = "\
| room | uses |
|---|---|
| `low` | `middle` (up, only in `other.rs`) |
| `middle` | `high` |
| `high` | `middle` |
| `attic` | |
";
    let found = differences(&parse(&ROOMS), &Table::parse(table), "").join("\n");
    for part in [
        "`low` uses `middle`, which the table allows in other.rs alone;",
        "\n  low.rs:1 (crate::names::Middle)",
        "`middle` uses `low`, but the table has no such arrow;",
        "\n  middle.rs:1 (crate::Low)",
        "the row `low` lets other.rs use `middle`, but it does not",
        "the row `middle` lists `high`, but no code uses it",
        "the table has a row `attic` without a room",
        "the table has a circle among these rooms: high, middle;",
    ] {
        assert!(found.contains(part), "{part:?} is missing in:\n{found}");
    }
}

#[test]
fn a_known_upward_arrow_closes_no_circle() {
    let parsed = parse(&ROOMS);
    assert_eq!(circles(&parsed, 1, |_| false).len(), 1);
    let table = Table::parse("| room | uses |\n|---|---|\n| `low` | `middle` (up, only in `low.rs`) |");
    let is_known = |edge: &Edge| table.is_known_upward(&edge.from, &edge.to);
    assert!(circles(&parsed, 1, is_known).is_empty());
}

/// The forms of `unsafe` in code.
const UNSAFE: [&str; 6] =
    ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern", "#[unsafe("];

/// Adds the files below `folder` that have `unsafe` code to `found`.
fn files_with_unsafe(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_with_unsafe(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            if code.any(|line| UNSAFE.iter().any(|form| line.contains(form))) {
                found.push(path.strip_prefix(repository()).unwrap().display().to_string());
            }
        }
    }
}

#[test]
fn one_small_file_has_unsafe_code() {
    let mut found = Vec::new();
    for folder in ["crates", "examples", "benches"] {
        files_with_unsafe(&repository().join(folder), &mut found);
    }
    assert_eq!(found, ["crates/multitracer/src/bridge/downcast.rs"]);
    let text = fs::read_to_string(repository().join(&found[0])).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    assert_eq!(code.matches("unsafe {").count(), 1, "each use of `unsafe` needs a proof");
    assert!(code.contains("// SAFETY:") && code.lines().count() < 60);
}
