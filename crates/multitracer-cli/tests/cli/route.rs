//! Tests of `multitracer route`.

use super::{Temporary, run};

const EXAMPLE: &str = "config.example.yaml";

#[test]
fn shows_the_tracer_and_the_reason() {
    let routed = run(
        &["route", EXAMPLE, "-H", "X-Canary-User: false", "-H", "x-plan: pro", "-H", "X-User-Id:42"],
        &[],
    );
    assert_eq!((routed.code, routed.err.as_str()), (0, ""));
    assert_eq!(
        routed.out,
        "canary-users: `x-canary-user` is `false`, not `true`\n\
         shadow: no header `x-shadow-traffic`\n\
         offline-runs: no header `x-experiment`\n\
         paying: matches\n\
         experiment prompt_tone: variant variant_a\n\
         => tracer variant_a (project ab-test-variant-a), reason split\n"
    );
    let none = run(&["route", EXAMPLE], &[]);
    assert!(none.out.ends_with("no route matches, so the default tracer is used\n=> tracer production (project myapp-production), reason default\n"), "{}", none.out);
}

#[test]
fn prints_json() {
    let json = |headers: &[&str]| {
        let mut args = vec!["route", EXAMPLE, "--json"];
        headers.iter().for_each(|header| args.extend(["-H", *header]));
        run(&args, &[]).json()
    };
    let canary = json(&["X-Canary-User: true"]);
    for (key, value) in [
        ("tracer", "canary".into()),
        ("route", "canary-users".into()),
        ("experiment", serde_json::Value::Null),
        ("variant", serde_json::Value::Null),
        ("reason", "targeting_match".into()),
    ] {
        assert_eq!(canary[key], value, "{key}");
    }
    let split = json(&["X-Plan: team", "X-User-Id: 42"]);
    assert_eq!(
        (&split["experiment"], &split["variant"], &split["reason"]),
        (&"prompt_tone".into(), &"variant_a".into(), &"split".into())
    );
    assert_eq!(split["rules"].as_array().unwrap().len(), 4);
    let fallback = json(&["X-Plan: team"]);
    assert_eq!(
        (&fallback["tracer"], &fallback["variant"], &fallback["reason"]),
        (&"production".into(), &serde_json::Value::Null, &"default".into())
    );
    // the values of a repeated header are joined
    let smuggled = json(&["X-Canary-User: true", "X-Canary-User: false"]);
    assert_eq!(smuggled["rules"][0]["misses"][0], "`x-canary-user` is `true, false`, not `true`");
}

#[test]
fn shows_each_kind_of_condition() {
    let file = Temporary::new(
        "conditions.yaml",
        "default_tracer: a\ntracers: {a: {exporter: console}}\nroutes:\n\
         - {name: r, headers: [{name: p, type: prefix, value: ab}, {name: r, type: regex, value: '^x'}, {name: q, type: present}, {name: X-Api-Key, value: s3cret}], tracer: a}\n",
    );
    let routed = run(&["route", file.path(), "-H", "P: ba", "-H", "r: yx", "-H", "x-api-key: gu3ss"], &[]);
    assert!(
        routed.out.starts_with(
            "r: `p` is `ba`, which does not start with `ab`; `r` is `yx`, which does not match `^x`; no header `q`; \
             `x-api-key` does not have the expected value\n"
        ),
        "{}",
        routed.out
    );
}

/// Checks that nothing is sent or written, even if a tracer has several exporters.
#[test]
fn uses_no_exporter() {
    let spans = std::env::temp_dir().join(format!("multitracer-cli-{}-spans.json", std::process::id()));
    let file = Temporary::new(
        "touches-none.yaml",
        &format!(
            "tracers: {{a: {{exporters: [{{file: {{path: \"{}\"}}}}, {{otlp_grpc: {{endpoint: \"https://':1\"}}}}]}}}}\n",
            spans.display()
        ),
    );
    let routed = run(&["route", file.path()], &[]);
    assert_eq!((routed.code, routed.err.as_str()), (0, ""));
    assert!(!spans.exists());
}

#[test]
fn an_invalid_header_is_a_usage_error() {
    for header in ["no colon", "bad name: x", ": x"] {
        let routed = run(&["route", EXAMPLE, "-H", header], &[]);
        assert_eq!((routed.code, routed.out.as_str()), (2, ""), "{header}");
    }
}
