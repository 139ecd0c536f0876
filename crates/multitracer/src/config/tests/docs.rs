//! The page of all keys, which is made from the tables of the schema.

use crate::config::schema::{
    BAGGAGE, BATCH, CAPTURE, EXPERIMENT, EXPORTER, FILE, Kind, LIMITS, OTLP_GRPC, OTLP_HTTP, RESOURCE, ROOT,
    ROUTE, SAMPLER, Section, TRACER,
};

const PAGE: &str = include_str!("../../../../../docs/configuration.md");

/// The tables, with the names of their marks on the page.
const TABLES: [(&str, &Section); 14] = [
    ("file", &ROOT),
    ("baggage", &BAGGAGE),
    ("tracer", &TRACER),
    ("sampler", &SAMPLER),
    ("exporter", &EXPORTER),
    ("otlp_http", &OTLP_HTTP),
    ("otlp_grpc", &OTLP_GRPC),
    ("file_exporter", &FILE),
    ("batch", &BATCH),
    ("limits", &LIMITS),
    ("capture", &CAPTURE),
    ("resource", &RESOURCE),
    ("route", &ROUTE),
    ("experiment", &EXPERIMENT),
];

fn rows(section: &Section, prefix: &str, out: &mut String) {
    for key in section.keys {
        let name = format!("{prefix}{}", key.name);
        let kind = match key.kind {
            Kind::Secret => "text, never shown".to_owned(),
            kind => kind.expected(),
        };
        let default = if key.default.is_empty() { "" } else { key.default };
        out.push_str(&format!("| `{name}` | {kind} | {default} | {} |\n", key.doc));
        // a section with a table of its own is not repeated
        let own = |inner: &Section| TABLES.iter().any(|(_, table)| std::ptr::eq(*table, inner));
        let (inner, prefix) = match key.kind {
            Kind::Section(inner) => (inner, format!("{name}.")),
            Kind::List(inner) | Kind::NameValues(inner) => (inner, format!("{name}[].")),
            Kind::Named(inner) => (inner, format!("{name}.<name>.")),
            _ => continue,
        };
        if !own(inner) {
            rows(inner, &prefix, out);
        }
    }
}

/// Returns the page with new tables.
fn page() -> String {
    let mut page = PAGE.to_owned();
    for (name, section) in TABLES {
        let mut table = "\n\n| key | type | default | meaning |\n|---|---|---|---|\n".to_owned();
        rows(section, "", &mut table);
        let mark = format!("<!-- keys of: {name} -->");
        let (before, rest) = page.split_once(&mark).unwrap_or_else(|| unreachable!("the page lacks {mark}"));
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        page = format!("{before}{mark}{table}\n<!-- end -->{after}");
    }
    page
}

/// Compares the page with the tables.
///
/// `MULTITRACER_WRITE_DOCS=1 cargo test -p multitracer --lib config::tests::docs` writes the
/// tables.
#[test]
fn the_page_is_current() {
    let page = page();
    if std::env::var_os("MULTITRACER_WRITE_DOCS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        std::fs::write(path, &page).unwrap();
        return;
    }
    assert!(page == PAGE, "docs/configuration.md is out of date: MULTITRACER_WRITE_DOCS=1 writes its tables");
}

#[test]
fn every_warning_is_on_the_page() {
    for name in crate::config::Config::warning_codes() {
        assert!(PAGE.contains(&format!("| `{name}` | ")), "{name}");
    }
}

/// Loads every example on the page.
#[test]
fn the_examples_of_the_page_load() {
    let examples: Vec<&str> =
        PAGE.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 6, "{}", examples.len());
    for example in examples {
        let variables = [("HH_API_KEY", "hh-1"), ("VAR", "x"), ("HOST", "h")];
        let result = crate::config::tests::load(example, &variables);
        assert!(result.is_ok(), "{example}\n{}", result.unwrap_err());
    }
}
