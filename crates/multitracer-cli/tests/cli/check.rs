//! Tests of `multitracer check`.

use super::{KEY, Temporary, run};

#[test]
fn the_example_has_no_problems() {
    let checked = run(&["check", "config.example.yaml", "--deny-warnings"], &[KEY]);
    assert_eq!((checked.code, checked.err.as_str()), (0, "config.example.yaml: no problems\n"));
    assert!(checked.out.contains("project: canary-deployment"), "{}", checked.out);
    let structure = run(&["check", "config.example.yaml", "--no-env", "--deny-warnings"], &[]);
    assert_eq!((structure.code, structure.out.as_str()), (0, ""));
    assert_eq!(
        structure.err,
        "config.example.yaml: no problems; only the structure was checked, without variables and files\n"
    );
}

#[test]
fn one_run_shows_every_problem() {
    let file = Temporary::new(
        "broken.yaml",
        "tracers:\n  a: {porject: x, sample_rate: 2}\nroutes: [{tracer: b}]\ndefault_tracer: ${NAME}\n",
    );
    let checked = run(&["check", file.path()], &[]);
    assert_eq!((checked.code, checked.out.as_str()), (1, ""));
    for (place, message) in [
        (":2:7: tracers.a: unknown key `porject`\n", "help: did you mean `project`?"),
        (
            ":2:32: tracers.a.sample_rate: `2` is not a number from 0 to 1\n",
            "  2 |   a: {porject: x, sample_rate: 2}\n",
        ),
        (":3:19: routes[0].tracer: `b` is not the name of a tracer\n", "the only tracer is `a`"),
        (":4:17: default_tracer: undefined variable `NAME`\n", "set it, or write `${NAME:-}`"),
    ] {
        assert!(checked.err.contains(place) && checked.err.contains(message), "{place}\n{}", checked.err);
    }
    assert!(checked.err.ends_with(": 4 errors\n"), "{}", checked.err);
    // the output is not a terminal, so it has no colours
    assert!(!checked.err.contains('\x1b'), "{}", checked.err);
    // with `--no-env`, an unset variable is not a problem
    assert!(run(&["check", file.path(), "--no-env"], &[]).err.ends_with(": 3 errors\n"));
}

#[test]
fn colours_can_be_forced() {
    let file = Temporary::new("colours.yaml", "tracers: {a: {porject: x}}\n");
    let checked = run(&["check", file.path()], &[("CLICOLOR_FORCE", "1")]);
    assert!(checked.err.contains("\x1b[1munknown key `porject`\x1b[0m"), "{}", checked.err);
}

#[test]
fn warnings_are_errors_when_denied() {
    let file = Temporary::new("warnings.yaml", "tracers: {a: {sample_rate: 0, exporter: console}}\n");
    let plain = run(&["check", file.path()], &[]);
    assert!(plain.code == 0 && plain.err.contains("warning: tracers.a.sample_rate: "), "{}", plain.err);
    assert!(plain.err.ends_with(": 1 warning\n") && plain.out.contains("ratio: 0.0"), "{}", plain.err);
    assert_eq!(run(&["check", file.path(), "--deny-warnings"], &[]).code, 1);
    let allowed = run(&["check", file.path(), "--deny-warnings", "--allow", "sample_rate_zero"], &[]);
    assert_eq!((allowed.code, allowed.err.ends_with(": no problems\n")), (0, true), "{}", allowed.err);
    assert_eq!(run(&["check", file.path(), "--allow", "sample_rate_ten"], &[]).code, 2);
    let ignored = run(&["check", "config.example.yaml"], &[KEY, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x")]);
    assert!(
        ignored.err.contains("`OTEL_EXPORTER_OTLP_ENDPOINT` is set, and no tracer reads it"),
        "{}",
        ignored.err
    );
}

#[test]
fn lists_values_from_variables() {
    let rate = ("MULTITRACER_TRACER_CANARY_SAMPLE_RATE", "0.5");
    let checked = run(&["check", "config.example.yaml"], &[KEY, rate]);
    let listed = "# tracers.canary.sample_rate is 0.5, set by MULTITRACER_TRACER_CANARY_SAMPLE_RATE\n";
    assert!(checked.out.contains(listed) && checked.out.contains("ratio: 0.5"), "{}", checked.out);
    let json = run(&["check", "config.example.yaml", "--json"], &[KEY, rate]).json();
    assert_eq!(json["overrides"][0]["variable"], rate.0);
}

#[test]
fn prints_json() {
    let good = run(&["check", "config.example.yaml", "--json"], &[KEY]);
    let json = good.json();
    assert_eq!((good.code, &json["ok"], json["problems"].as_array().unwrap().len()), (0, &true.into(), 0));
    assert_eq!(json["configuration"]["tracers"]["canary"]["sampler"]["rate_limited"]["per_second"], 100);
    let bad = run(&["check", "config.example.yaml", "--json"], &[]);
    let json = bad.json();
    assert_eq!((bad.code, &json["ok"], bad.err.as_str()), (1, &false.into(), ""));
    let problem = &json["problems"][0];
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["path"], "defaults.exporter.otlp_http.headers.authorization");
    assert!(problem["line"].is_u64() && problem["column"].is_u64(), "{problem}");
    assert_eq!(problem["message"], "undefined variable `HH_API_KEY`");
    let file = Temporary::new("json.yaml", "tracers: {a: {sample_rate: 0, exporter: console}}\n");
    let denied = run(&["check", file.path(), "--json", "--deny-warnings"], &[]);
    let json = denied.json();
    assert_eq!((denied.code, &json["ok"]), (1, &false.into()));
    assert_eq!(
        (&json["problems"][0]["severity"], &json["problems"][0]["code"]),
        (&"warning".into(), &"sample_rate_zero".into())
    );
}

#[test]
fn finds_errors_of_the_exporters() {
    let tls = Temporary::new(
        "tls.yaml",
        "tracers: {a: {exporter: {otlp_http: {endpoint: https://h/v1/traces, tls: {ca_file: /does/not/exist}}}}}\n",
    );
    let checked = run(&["check", tls.path()], &[]);
    assert_eq!(checked.code, 1);
    assert!(checked.err.contains("cannot read /does/not/exist"), "{}", checked.err);
    assert!(checked.err.ends_with(": 1 error\n"), "{}", checked.err);
    assert_eq!(run(&["check", tls.path(), "--json"], &[]).json()["ok"], false);
    // a build machine has no certificates
    assert_eq!(run(&["check", tls.path(), "--no-env"], &[]).code, 0);
}

#[test]
fn a_missing_file_is_an_error() {
    let checked = run(&["check", "does-not-exist.yaml"], &[]);
    assert_eq!(checked.code, 1);
    assert_eq!(
        checked.err,
        "does-not-exist.yaml: cannot read the file: No such file or directory (os error 2)\ndoes-not-exist.yaml: 1 error\n"
    );
}
