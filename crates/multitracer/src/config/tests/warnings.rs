//! Warnings.

use super::load;
use crate::config::Config;

/// Returns the warnings in short form: code, path, message.
fn warnings(text: &str) -> Vec<String> {
    let config = load(text, &[]).unwrap_or_else(|error| unreachable!("{error}"));
    short(config.warnings())
}

fn short(warnings: &[crate::config::Diagnostic]) -> Vec<String> {
    let line = |each: &crate::config::Diagnostic| {
        assert!(each.help().is_some(), "{each:?}");
        format!("{} {}: {}", each.code().unwrap(), each.path(), each.message())
    };
    warnings.iter().map(line).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_warning_shows_its_place() {
    let config =
        load("default_tracer: a\ntracers:\n  a: {exporter: console}\n  b: {exporter: console}\n", &[]);
    assert_eq!(
        config.unwrap().warnings()[0].render("config.yaml", false).to_string(),
        "config.yaml:4:3: warning: tracers.b: this tracer is unused: no route, experiment or `default_tracer` refers to it \
         [unused_tracer]\n  \
         4 |   b: {exporter: console}\n    |   ^\n    \
         = help: fine if code names it; otherwise remove it, or add a route"
    );
}

#[test]
fn two_environments_with_one_project_cause_a_warning() {
    let file = |b: &str| {
        format!(
            "default_tracer: a\nroutes: [{{tracer: b}}]\ntracers:\n  a: {{project: shop, environment: production}}\n  b: {{{b}}}\n"
        )
    };
    assert_eq!(
        warnings(&file("project: shop, source: staging")),
        [
            "shared_project tracers.b.source: the same endpoint and project as `a`, which has another environment"
        ]
    );
    for other in [
        "project: shop-staging, source: staging",
        "project: shop, source: production",
        "project: shop, source: staging, enabled: false",
        "project: shop, source: staging, exporter: console",
        "project: shop, source: staging, exporter: otlp_grpc",
        "project: shop, source: staging, api_key: another",
        "project: shop",
    ] {
        assert_eq!(warnings(&file(other)), NONE, "{other}");
    }
}

#[test]
fn unencrypted_credentials_cause_a_warning() {
    let file = |exporter: &str, rest: &str| format!("tracers: {{a: {{exporter: {{{exporter}}}{rest}}}}}");
    let warning = |kind: &str| {
        format!(
            "plain_http tracers.a.exporter.{kind}.endpoint: credentials go to another machine over `http://`, without encryption"
        )
    };
    let http = |url: &str| format!("otlp_http: {{endpoint: \"{url}\"}}");
    for url in
        ["http://example.com/v1/traces", "http://10.0.0.1:4318/v1/traces", "http://localhost.example.com/x"]
    {
        assert_eq!(warnings(&file(&http(url), ", api_key: k")), [warning("otlp_http")], "{url}");
        assert_eq!(warnings(&file(&http(url), "")), NONE, "{url}");
    }
    let team = "otlp_http: {endpoint: \"http://example.com/v1\", headers: {x-honeycomb-team: k}}";
    assert_eq!(warnings(&file(team, "")), [warning("otlp_http")]);
    let grpc = "otlp_grpc: {endpoint: \"http://example.com:4317\", headers: {X-Api-Key: k}}";
    assert_eq!(warnings(&file(grpc, "")), [warning("otlp_grpc")]);
    assert_eq!(warnings(&file(&http("http://example.com/v1?key=1"), "")), [warning("otlp_http")]);
    for url in [
        "https://example.com/v1/traces",
        "http://localhost:4318/v1/traces",
        "http://127.1.2.3/v1/traces",
        "http://[::1]:4318/v1/traces",
        "http://otel.localhost/v1/traces",
    ] {
        assert_eq!(warnings(&file(&http(url), ", api_key: k")), NONE, "{url}");
    }
    // one warning at its place, no matter how many tracers inherit it
    let defaults = "default_tracer: a\nroutes: [{tracer: b}]\ndefaults: {api_key: k, exporter: {otlp_http: {endpoint: http://h/}}}\n\
                    tracers: {a: , b: }";
    assert_eq!(warnings(defaults), [warning("otlp_http").replace("tracers.a", "defaults")]);
}

#[test]
fn inherited_credentials_for_another_endpoint_cause_a_warning() {
    let file =
        |defaults: &str, tracer: &str| format!("defaults: {{{defaults}}}\ntracers:\n  a: {{{tracer}}}\n");
    let base = "api_key: k, exporter: {otlp_http: {endpoint: https://one/v1/traces}}";
    let own = "exporter: {otlp_http: {endpoint: https://two/v1/traces}}";
    let warning = "inherited_credentials tracers.a.exporter.otlp_http.endpoint: this endpoint gets the credentials of `defaults`: ";
    assert_eq!(warnings(&file(base, own)), [format!("{warning}`authorization`")]);
    let headers = "exporter: {otlp_http: {headers: {Authorization: Bearer k, x-api-key: k, x-team: t}}}";
    assert_eq!(warnings(&file(headers, own)), [format!("{warning}`authorization`, `x-api-key`")]);
    let one = own.replace("}}", ", headers: {x-api-key: null}}}");
    assert_eq!(warnings(&file(headers, &one)), [format!("{warning}`authorization`")]);
    let grpc = |host: &str| format!("exporter: {{otlp_grpc: {{endpoint: https://{host}}}}}");
    assert_eq!(
        warnings(&file(&format!("{}, api_key: k", grpc("one")), &grpc("two"))),
        [format!("{}`authorization`", warning.replace("_http", "_grpc"))]
    );
    // an exporter of another kind inherits the `api_key`, and no header of the exporter
    let base_with_header = base.replace("}}", ", headers: {x-api-key: k}}}");
    let warning_grpc = format!("{}`authorization`", warning.replace("_http", "_grpc"));
    assert_eq!(warnings(&file(&base_with_header, &grpc("two"))), [warning_grpc.as_str()]);
    assert_eq!(warnings(&file("api_key: k, exporter: otlp_http", &grpc("two"))), [warning_grpc.as_str()]);
    let key_and_grpc = format!("api_key: k, {}", grpc("one"));
    assert_eq!(warnings(&file(&key_and_grpc, own)), [format!("{warning}`authorization`")]);
    let backend = "backend: langsmith, api_key: k";
    assert_eq!(warnings(&file(backend, own)), [format!("{warning}`x-api-key`")]);
    for (defaults, tracer) in [
        ("api_key: k", own),
        (backend, "exporter: {otlp_http: {endpoint: https://api.smith.langchain.com/other}}"),
        (backend, "backend: phoenix, exporter: {otlp_http: {endpoint: https://two/v1/traces}}"),
        (base, "exporter: {otlp_http: {endpoint: https://one/other}}"),
        (base, "api_key: own, exporter: {otlp_http: {endpoint: https://two/v1/traces}}"),
        (base, "exporter: {otlp_http: {endpoint: https://two/v1/traces, headers: {authorization: null}}}"),
        (base, "exporter: {otlp_http: {endpoint: https://two/v1/traces, headers: {authorization: Basic x}}}"),
        (base, "exporter: {otlp_http: {timeout: 1}}"),
        ("exporter: {otlp_http: {headers: {x-team: t}}}", own),
        (base, "api_key: null, exporter: {otlp_http: {endpoint: https://two/v1/traces}}"),
        (
            headers,
            "exporter: {otlp_http: {endpoint: https://two/v1, headers: {authorization: , x-api-key: }}}",
        ),
        // nothing is inherited
        (base, "exporter: console"),
        (base, "exporter: {file: {path: spans.jsonl}}"),
        (headers, &grpc("two")),
        (base, &format!("api_key: null, {}", grpc("two"))),
        (base, "exporters: [{otlp_http: {endpoint: https://two/v1/traces}}]"),
        // the same host, by another protocol
        (base, &grpc("one:4317")),
        ("api_key: k, exporter: console", own),
        ("api_key: k", &grpc("two")),
    ] {
        assert_eq!(warnings(&file(defaults, tracer)), NONE, "{defaults} {tracer}");
    }
}

/// A key from a variable takes the place of the inherited key, even if its value is unknown.
#[test]
fn an_unknown_key_is_not_an_inherited_key() {
    let text = "defaults: {api_key: k, exporter: {otlp_http: {endpoint: https://one/v1/traces}}}\n\
                tracers: {a: {api_key: \"${K}\", exporter: {otlp_http: {endpoint: https://two/v1/traces}}}}";
    assert_eq!(short(&Config::loader().check_yaml(text).unwrap()), NONE);
    let without = Config::loader().without_credentials().load_yaml(text).unwrap();
    assert_eq!(short(without.warnings()), NONE);
}

#[test]
fn unreachable_routes_cause_a_warning() {
    let file = |routes: &str| {
        format!("default_tracer: a\ntracers: {{a: {{exporter: console}}}}\nroutes: [{routes}]")
    };
    let routes = |pairs: &[&str]| {
        let routes: Vec<_> =
            pairs.iter().map(|headers| format!("{{headers: {headers}, tracer: a}}")).collect();
        warnings(&file(&routes.join(", ")))
    };
    let covered = |first: &str, second: &str| {
        let got = routes(&[first, second]);
        assert!(
            got.is_empty()
                || got
                    == [
                        "unreachable_route routes[1]: this route never matches: the earlier route `routes[0]` matches first"
                    ],
            "{got:?}"
        );
        !got.is_empty()
    };
    let (exact, prefix, regex, present) = (
        "{X: abc}",
        "[{name: x, type: prefix, value: ab}]",
        "[{name: x, type: regex, value: '^a'}]",
        "[{name: x, type: present}]",
    );
    for wide in [exact, prefix, regex, present] {
        assert!(covered(wide, exact) && covered(wide, wide), "{wide}");
        assert!(covered("{}", wide) && !covered(wide, "{}"), "{wide}");
        assert!(covered(wide, "{Y: z, x: abc}") && !covered("{Y: z, x: abc}", wide), "{wide}");
        assert!(!covered(wide, "{Y: abc}"), "{wide}");
        assert!(covered(present, wide) && (wide == present || !covered(wide, present)), "{wide}");
    }
    assert!(!covered("{X: abd}", exact) && !covered(prefix, "{X: a}") && !covered(regex, "{X: ba}"));
    assert!(covered(prefix, "[{name: x, type: prefix, value: abc}]"));
    assert!(!covered(prefix, "[{name: x, type: prefix, value: a}]"));
    assert!(!covered(regex, "[{name: x, type: regex, value: '^ab'}]"));
    assert_eq!(
        routes(&["[{name: X, value: a}, {name: x, value: b}]"]),
        ["unreachable_route routes[0]: this route never matches: `x` cannot have two values at once"]
    );
    let never = "[{name: X, value: a}, {name: x, type: prefix, value: b}]";
    assert_eq!(routes(&[never]).len(), 1);
    assert_eq!(routes(&["[{name: X, value: ab}, {name: x, type: regex, value: b}]"]), NONE);
}

/// Compares routes in pairs, up to a limit.
#[test]
fn many_routes_are_checked_quickly() {
    let routes: String = (0..20_000).map(|i| format!("- {{headers: {{X: v{i}}}, tracer: a}}\n")).collect();
    let start = std::time::Instant::now();
    assert_eq!(warnings(&format!("tracers: {{a: {{exporter: console}}}}\nroutes:\n{routes}")), NONE);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn unused_tracers_cause_a_warning() {
    let tracers = "tracers: {a: {exporter: console}, b: {exporter: console}, c: {exporter: console}}";
    let unused = |rest: &str| {
        let warnings = warnings(&format!("default_tracer: a\n{tracers}\n{rest}"));
        let unused = warnings.iter().filter_map(|each| each.strip_prefix("unused_tracer tracers."));
        unused.map(|each| each[..1].to_owned()).collect::<String>()
    };
    assert_eq!(unused(""), "bc");
    assert_eq!(unused("routes: [{headers: {x: y}, tracer: b}]"), "c");
    assert_eq!(unused("experiments: {e: {variants: [{name: b}], fallback: c}}"), "");
    // elsewhere another tracer may be the default
    assert_eq!(warnings(&format!("default_tracer: ${{APP_ENV:-a}}\n{tracers}")), NONE);
    assert_eq!(unused("experiments: {e: {variants: [{name: x, tracer: c}]}}"), "b");
}

#[test]
fn a_sample_rate_of_zero_causes_a_warning() {
    let rate = |sampler: &str| warnings(&format!("tracers: {{a: {{exporter: console, {sampler}}}}}"));
    assert_eq!(
        rate("sample_rate: 0"),
        ["sample_rate_zero tracers.a.sample_rate: the sample rate is 0: this tracer starts no trace"]
    );
    for zero in [
        "sampler: {trace_id_ratio_based: {ratio: 0.0}}",
        "sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: 0}}}}",
    ] {
        let expected =
            ["sample_rate_zero tracers.a.sampler: the sample rate is 0: this tracer starts no trace"];
        assert_eq!(rate(zero), expected, "{zero}");
    }
    for other in ["sample_rate: 0.0001", "sampler: always_off", "sample_rate: 0, enabled: false"] {
        assert_eq!(rate(other), NONE, "{other}");
    }
    let variables = [("MULTITRACER_TRACER_A_SAMPLE_RATE", "0")];
    let config = load("tracers: {a: {exporter: console}}", &variables).unwrap();
    assert_eq!(
        short(config.warnings()),
        ["sample_rate_zero tracers.a.sample_rate: the sample rate is 0, by the variable \
          `MULTITRACER_TRACER_A_SAMPLE_RATE`: this tracer starts no trace"]
    );
}

#[test]
fn canaries_without_a_limit_cause_a_warning() {
    let file = |tracer: &str, rest: &str| {
        format!(
            "default_tracer: a\ntracers: {{a: {{exporter: console}}, b: {{exporter: console{tracer}}}}}\n\
             routes: [{{name: r, headers: {{X: y}}, tracer: b}}]\n{rest}"
        )
    };
    let warning = "unlimited_canary tracers.b: the route `r` lets request headers choose this tracer, and nothing limits how often";
    for unlimited in ["", ", sample_rate: 0.5", ", sampler: always_on"] {
        assert_eq!(warnings(&file(unlimited, "")), [warning], "{unlimited}");
    }
    let root = ", sampler: {parent_based: {root: {rate_limited: {per_second: 1}}}}";
    for limited in
        [", sampler: {rate_limited: {per_second: 5}}", root, ", sampler: always_off", ", enabled: false"]
    {
        assert_eq!(warnings(&file(limited, "")), NONE, "{limited}");
    }
    // then the request may have a sampled parent, which the sampler follows
    assert_eq!(warnings(&file(root, "remote_parent: child")), [warning]);
    let to_default = "tracers: {a: {exporter: console}}\nroutes: [{headers: {X: y}, tracer: a}]";
    assert_eq!(warnings(to_default), NONE);
}

/// A message does not show the value of a variable.
#[test]
fn warnings_hide_names_from_variables() {
    let text = "default_tracer: a\ntracers: {a: {exporter: console}, b: {exporter: console}}\nroutes:\n\
                - {name: \"${V}\", headers: {X: y}, tracer: b}\n- {headers: {X: y}, tracer: b}\n\
                - {headers: [{name: \"${V}\", value: y}, {name: \"${V}\", value: z}], tracer: b}\n";
    let config = load(text, &[("V", "cAnArY")]).unwrap();
    let warnings = short(config.warnings()).join("\n");
    assert!(warnings.contains("the route `routes[0]` lets") && !warnings.contains("cAnArY"), "{warnings}");
    assert!(
        warnings.contains("the earlier route `routes[0]`") && warnings.contains("a header cannot have"),
        "{warnings}"
    );
}

#[test]
fn a_newer_format_causes_a_warning() {
    assert_eq!(
        warnings("file_format: '1.1'\ntracers: {a: {exporter: console}}"),
        ["newer_file_format file_format: the file has a newer format than this version supports"]
    );
    assert_eq!(warnings("file_format: '1.0'\ntracers: {a: {exporter: console}}"), NONE);
}

/// A check without variables gives no warning that a variable could make wrong.
#[test]
fn a_check_of_the_structure_gives_only_certain_warnings() {
    let check = |text: &str| short(&Config::loader().check_yaml(text).unwrap());
    assert_eq!(check("default_tracer: ${T:-a}\ntracers: {a: , b: {exporter: console}}"), NONE);
    assert_eq!(
        check("default_tracer: a\ntracers: {a: , b: {sample_rate: \"${R}\"}}\nroutes: [{tracer: b}]"),
        NONE
    );
    assert_eq!(
        check(
            "default_tracer: a\ntracers: {a: , b: {project: \"${P}\"}}\nroutes: [{name: x, headers: {x: y}, tracer: b}]"
        ),
        [
            "unlimited_canary tracers.b: the route `x` lets request headers choose this tracer, and nothing limits how often"
        ]
    );
    let url = "tracers: {a: {api_key: \"${K}\", exporter: {otlp_http: {endpoint: \"${E}\"}}}}";
    assert_eq!(check(url), NONE);
    assert_eq!(check("tracers: {a: {sample_rate: 0}}").len(), 1);
}
