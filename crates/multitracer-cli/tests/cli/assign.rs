//! Tests of `multitracer assign`.

use std::fmt::Write as _;

use super::{Temporary, run, run_with};

const EXAMPLE: &str = "config.example.yaml";

#[test]
fn prints_a_line_for_each_unit() {
    let assigned = run(&["assign", EXAMPLE, "prompt_tone", "user-42", "user-1", ""], &[]);
    assert_eq!(
        assigned.out,
        "user-42\tvariant_a\ttracer variant_a\nuser-1\tcontrol\ttracer control\n\t(fallback)\ttracer production\n"
    );
    let json = run(&["assign", EXAMPLE, "prompt_tone", "user-42", "", "--json"], &[]).lines();
    let keys: Vec<_> = json[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["bucket", "hash", "tracer", "unit", "variant"]);
    assert_eq!((&json[0]["unit"], &json[0]["variant"]), (&"user-42".into(), &"variant_a".into()));
    assert!(json[0]["bucket"].as_u64().unwrap() >= 50 && json[0]["hash"].is_u64(), "{}", json[0]);
    assert_eq!((&json[1]["variant"], &json[1]["tracer"]), (&serde_json::Value::Null, &"production".into()));
}

#[test]
fn a_unit_of_another_program_cannot_change_the_terminal() {
    let units = "a\u{1b}[2J\u{202e}b\nO'Brien \"x\" \\\\ é\n";
    let assigned = run_with(&["assign", EXAMPLE, "prompt_tone", "-"], units.as_bytes());
    let shown: Vec<_> = assigned.out.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(shown, [r"a\u{1b}[2J\u{202e}b", r#"O'Brien "x" \\ é"#]);
}

#[test]
fn agrees_with_the_registry_of_a_program() {
    let spans = multitracer::export::InMemoryExporter::new();
    let config = multitracer::config::Config::loader()
        .without_credentials()
        .load_path(super::root().join(EXAMPLE))
        .unwrap();
    let registry = multitracer::builder::RegistryBuilder::from_config(config)
        .map_tracers(|tracer| tracer.in_memory(&spans))
        .build()
        .unwrap();
    let experiment = registry.experiment("prompt_tone").unwrap();
    let units: Vec<String> = (0..200).map(|i| format!("ünit {i}")).collect();
    let assigned =
        run_with(&["assign", EXAMPLE, "prompt_tone", "-", "--json"], (units.join("\r\n") + "\n").as_bytes());
    for (unit, line) in units.iter().zip(assigned.lines()) {
        let expected = experiment.assign(unit);
        assert_eq!((&line["unit"], &line["hash"]), (&unit.as_str().into(), &expected.hash().into()));
        assert_eq!(line["variant"].as_str(), expected.variant());
    }
}

#[test]
fn summary_of_many_units() {
    let mut units = String::new();
    (0..10_000).for_each(|i| writeln!(units, "user-{i}").unwrap());
    let summary = run_with(
        &["assign", EXAMPLE, "prompt_tone", "-", "user-1", "", "--summary", "--json"],
        units.as_bytes(),
    )
    .json();
    assert_eq!(
        (&summary["units"], &summary["repeated"], &summary["empty"]),
        (&10_000.into(), &1.into(), &1.into())
    );
    let counts: Vec<u64> =
        summary["variants"].as_array().unwrap().iter().map(|each| each["count"].as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 10_000);
    let value: f64 = counts.iter().map(|count| (*count as f64 - 5000.0).powi(2) / 5000.0).sum();
    assert!((summary["chi_square"]["value"].as_f64().unwrap() - value).abs() < 1e-9);
    assert!(summary["chi_square"]["p"].as_f64().unwrap() > 0.001, "{summary}");
    let text = run_with(&["assign", EXAMPLE, "prompt_tone", "-", "--summary"], units.as_bytes()).out;
    assert!(
        text.contains("variant_a")
            && text.contains("10000 units: chi-square")
            && text.contains("in line with the weights"),
        "{text}"
    );
}

#[test]
fn the_summary_detects_selected_units() {
    let all: Vec<String> = (0..2000).map(|i| format!("user-{i}")).collect();
    let assigned = run_with(&["assign", EXAMPLE, "prompt_tone", "-", "--json"], all.join("\n").as_bytes());
    let mut units = String::new();
    for line in assigned.lines() {
        let (unit, control) = (line["unit"].as_str().unwrap(), line["variant"] == "control");
        if control || unit.ends_with('7') {
            writeln!(units, "{unit}").unwrap();
        }
    }
    let text = run_with(&["assign", EXAMPLE, "prompt_tone", "-", "--summary"], units.as_bytes()).out;
    assert!(text.contains("p = 0.0000: differs from the weights by more than chance"), "{text}");
    let few = run(&["assign", EXAMPLE, "prompt_tone", "a", "b", "--summary"], &[]).out;
    assert!(few.contains("2 units: too few for a chi-square test"), "{few}");
}

#[test]
fn the_expected_shares_include_the_coverage() {
    let file = Temporary::new(
        "coverage.yaml",
        "default_tracer: a\ntracers: {a: {exporter: console}}\n\
         experiments: {e: {coverage: 0.2, variants: [{name: x, weight: 1, tracer: a}, {name: y, weight: 3, tracer: a}, {name: z, weight: 0, tracer: a}]}}\n",
    );
    let units: Vec<String> = (0..20_000).map(|i| i.to_string()).collect();
    let summary =
        run_with(&["assign", file.path(), "e", "-", "--summary", "--json"], units.join("\n").as_bytes())
            .json();
    assert!((summary["fallback"]["expected"].as_f64().unwrap() - 0.8).abs() < 1e-12);
    assert_eq!(summary["chi_square"]["degrees_of_freedom"], 2);
    assert!(summary["chi_square"]["p"].as_f64().unwrap() > 0.001, "{summary}");
}

#[test]
fn unknown_experiments_and_invalid_utf8_are_errors() {
    let unknown = run(&["assign", EXAMPLE, "prompt_ton", "a"], &[]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    assert!(unknown.err.contains("no experiment is named `prompt_ton`"), "{}", unknown.err);
    assert_eq!(run(&["assign", EXAMPLE, "prompt_tone"], &[]).code, 2);
    let bytes = run_with(&["assign", EXAMPLE, "prompt_tone", "-"], b"a\n\xff\n");
    assert_eq!(bytes.code, 1);
}
