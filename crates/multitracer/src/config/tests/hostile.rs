//! Hostile texts: no panic, no hang, no unbounded memory.

use std::time::{Duration, Instant};

use proptest::prelude::{Strategy, any, prop, prop_assert, prop_oneof, proptest};

use super::example::EXAMPLE;
use crate::config::{Config, ConfigError, tests};

fn read(text: &str) -> Result<Config, ConfigError> {
    let result = tests::load(text, &[("HH_API_KEY", "hh-1")]);
    let structure = Config::loader().check_yaml(text);
    if let Err(error) = &structure {
        // an error without an environment is an error with it, too
        assert!(result.is_err(), "{error}");
    }
    if let Err(error) = &result {
        assert!(!error.diagnostics().is_empty() && error.diagnostics().len() <= 100);
        for diagnostic in error.diagnostics() {
            assert!(diagnostic.line().is_none_or(|line| line <= text.lines().count() + 1), "{diagnostic:?}");
        }
        assert!(!error.to_string().is_empty());
    }
    result
}

/// Checks that a text is refused in time. The bound is generous, because machines differ.
fn refused_quickly(name: &str, text: &str) {
    let start = Instant::now();
    let result = tests::load(text, &[]);
    let took = start.elapsed();
    assert!(result.is_err(), "{name}");
    assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    let shown = result.unwrap_err().to_string().len();
    assert!(shown < 100_000, "{name}: {shown}");
}

#[test]
fn bombs_are_refused_quickly() {
    // the texts have an eighth of the largest size, because tests run without optimisation
    const SIZE: usize = 1 << 17;
    let fill = |piece: &str| piece.repeat((SIZE - 100) / piece.len());
    let numbered = |piece: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for i in 0.. {
            let next = piece(i);
            if text.len() + next.len() > SIZE - 100 {
                return text;
            }
            text.push_str(&next);
        }
        text
    };
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..20 {
        let aliases = vec![format!("*a{}", i - 1); 9].join(", ");
        laughs.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    refused_quickly("billion laughs", &laughs);
    let quadratic = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(SIZE / 5), "*a,".repeat(SIZE / 6));
    refused_quickly("quadratic blowup", &quadratic);
    let long = format!("a: &a \"{}\\n\"\nb: [{}]\n", "x".repeat(SIZE / 2), "*a,".repeat(SIZE / 7));
    refused_quickly("long text, many aliases", &long);
    refused_quickly("itself", "tracers: &a {b: *a}\n");
    refused_quickly("flow nesting", &fill("["));
    refused_quickly("map nesting", &fill("{a: "));
    refused_quickly("block nesting", &fill("- "));
    refused_quickly("question marks", &fill("? "));
    let groups = format!("{}x{}", "(".repeat(SIZE / 3), ")".repeat(SIZE / 3));
    let regex = format!("headers: [{{name: x, type: regex, value: \"{groups}\"}}]");
    refused_quickly("nested groups", &format!("tracers: {{a: }}\nroutes: [{{tracer: a, {regex}}}]"));
    refused_quickly("too large", &"#".repeat((1 << 20) + 1));
    refused_quickly("unknown keys", &numbered(&|i| format!("k{i}: 1\n")));
    refused_quickly("duplicate keys", &fill("a: 1\n"));
    refused_quickly(
        "undefined variables",
        &format!("tracers:\n{}", numbered(&|i| format!("  t{i}: {{project: \"${{A}}\"}}\n"))),
    );
    refused_quickly("no target", &format!("tracers: {{a: }}\nroutes:\n{}", fill("- {}\n")));
    refused_quickly(
        "wrong targets",
        &format!("tracers: {{a: }}\nroutes:\n{}", numbered(&|i| format!("- {{tracer: t{i}}}\n"))),
    );
    refused_quickly(
        "many tracers, no default",
        &format!("tracers:\n{}", numbered(&|i| format!("  t{i}:\n"))),
    );
    let half = |piece: &dyn Fn(usize) -> String| (0..SIZE / 40).map(piece).collect::<String>();
    let copies = format!(
        "default_tracer: t1\ndefaults:\n  resource:\n    attributes:\n{}tracers:\n{}",
        half(&|i| format!("      a{i}: 1\n")),
        half(&|i| format!("  t{i}:\n")),
    );
    refused_quickly("defaults times tracers", &copies);
    let headers = numbered(&|i| format!("  h{i}: x\n"));
    refused_quickly(
        "many headers",
        &format!(
            "tracers: {{a: {{exporter: {{otlp_http: {{headers: {{{}}}}}}}}}}}",
            headers.replace('\n', ",")
        ),
    );
    let list = numbered(&|i| format!("h{i}=x,"));
    refused_quickly(
        "a long list of headers",
        &format!("tracers: {{a: {{exporter: {{otlp_http: {{headers_list: \"{list}\"}}}}}}}}"),
    );
    let name = "x".repeat(SIZE / 2);
    let names = format!(
        "default_tracer: {name}\ntracers: {{a: }}\nexperiments:\n{}",
        half(&|i| format!("  e{i}:\n"))
    );
    refused_quickly("a long name, many copies", &names);
    let regexes =
        numbered(&|_| "- {headers: [{name: a, type: regex, value: '(\\w{9}){9}'}], tracer: b}\n".to_owned());
    refused_quickly("many regular expressions", &format!("tracers: {{a: }}\nroutes:\n{regexes}"));
    let attributes = numbered(&|i| format!("    a{i}: [x, 1]\n"));
    refused_quickly(
        "many attributes",
        &format!("tracers:\n  a:\n   resource:\n    attributes:\n{}", attributes.replace("    a", "     a")),
    );
    refused_quickly("one long line", &format!("{{{}}}", numbered(&|i| format!("k{i}: 1, "))));
}

#[test]
fn a_thousand_tracers_load_quickly() {
    let tracers: String =
        (0..1000).map(|i| format!("  t{i}: {{project: p{i}, sample_rate: 0.5, api_key: k{i}}}\n")).collect();
    let routes: String =
        (0..1000).map(|i| format!("  - {{headers: {{X-T: t{i}}}, tracer: t{i}}}\n")).collect();
    let start = Instant::now();
    let config = read(&format!("default_tracer: t0\ntracers:\n{tracers}routes:\n{routes}")).unwrap();
    assert_eq!((config.model().tracers.len(), config.model().routes.len()), (1000, 1000));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// Returns pieces of YAML and of our keys, in any order.
fn fragments() -> impl Strategy<Value = String> {
    let words = [
        "tracers",
        "defaults",
        "routes",
        "experiments",
        "exporter",
        "otlp_http",
        "headers",
        "sampler",
        "a",
        "api_key",
        ": ",
        ":\n",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "\"",
        "'",
        "|\n  x",
        ">\n  y",
        "&a ",
        "*a",
        "!x ",
        "${A}",
        "${A:-b}",
        "$$",
        "${",
        "null",
        "~",
        "1",
        "0.5",
        "true",
        "é",
        "\u{feff}",
        "\t",
        "#",
        "? ",
        "<<",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\u{2028}",
        "\r",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..40).prop_map(|words| words.concat())
}

/// Returns the example with a piece removed, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..40_usize, fragments());
    prop::collection::vec(edit, 1..4).prop_map(|edits| {
        let mut chars: Vec<char> = EXAMPLE.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

/// Returns the example without comments, with its lines in another order or indentation.
fn shuffled() -> impl Strategy<Value = String> {
    let lines: Vec<String> =
        EXAMPLE.lines().filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect();
    (prop::sample::subsequence(lines.clone(), 0..=lines.len()).prop_shuffle(), 0..3_usize).prop_map(
        |(lines, indent)| lines.iter().map(|line| format!("{}{line}\n", " ".repeat(indent))).collect(),
    )
}

proptest! {
    #[test]
    fn no_text_panics(text in prop_oneof![any::<String>(), fragments(), "[ -~\\n]{0,200}"]) {
        let _ = read(&text);
    }

    #[test]
    fn no_edit_of_a_good_file_panics(text in prop_oneof![mutated(), shuffled()]) {
        let _ = read(&text);
    }

    /// The value of a variable can be wrong, but it cannot change the structure of the file.
    #[test]
    fn values_do_not_change_the_structure(value in prop_oneof![any::<String>(), fragments()]) {
        let text = "tracers: {a: {project: \"${V}\", environment: \"x ${V:-y}\"}}";
        if let Ok(config) = tests::load(text, &[("V", &value)]) {
            prop_assert!(config.model().tracers.len() == 1 && config.model().tracers[0].project == value);
        }
    }
}
