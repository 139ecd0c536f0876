//! Texts that are not a configuration, and unknown, duplicate or missing keys.

use super::refuses;

#[test]
fn empty_files_are_refused() {
    refuses("", "<string>: the configuration is empty");
    refuses(
        r"# only a comment
",
        "<string>: the configuration is empty",
    );
    refuses("null", "<string>: the configuration is empty");
    refuses(
        r"- a
",
        r"<string>:1:3: expected a map, found a list
  1 | - a
    |   ^
    = help: a map has `key: value` in place of `- value`",
    );
    refuses(
        "text",
        r"<string>:1:1: expected a map, found a single value
  1 | text
    | ^^^^",
    );
}

#[test]
fn broken_yaml_is_refused() {
    refuses(
        r"tracers:
  a: {project: x
",
        "<string>:3:1: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping at line 2 column 6
    = help: a bracket is not closed, or a comma is missing",
    );
    refuses(
        "tracers:\n\ta: {}\n",
        "<string>:2:1: not valid YAML: found character that cannot start any token, while scanning for the next token
    = help: YAML is indented with spaces, not with tabs",
    );
    refuses(
        r"tracers: {a: {project: ${X}}}
",
        r#"<string>:1:25: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping at line 1 column 14
  1 | tracers: [REDACTED]
    |          ^^^^^^^^^^
    = help: between `{` and `}` or `[` and `]` a reference needs quotes: `"${VAR}"`"#,
    );
    refuses(
        r"project: 'a' b
",
        r"<string>:1:14: not valid YAML: did not find expected key, while parsing a block mapping
  1 | project: [REDACTED]
    |          ^^^^^^^^^^
    = help: all keys of a map need the same indentation",
    );
    refuses(
        r"a: 1
---
b: 2
",
        "<string>: more than one YAML document; the configuration is one",
    );
    refuses(
        r"tracers:
  a: !foo {}
",
        "<string>:2:6: YAML tags (`!name`) are not supported",
    );
    refuses(
        r"tracers: {a: *b}
",
        r"<string>:1:14: an alias without its anchor
  1 | tracers: [REDACTED]
    |          ^^^^^^^^^^",
    );
    refuses(
        r"? [x]
: 1
",
        "<string>:1:1: a key must be a single value",
    );
    refuses("a: \u{7}\n", "<string>:1:4: the character U+0007 is not allowed in YAML");
}

#[test]
fn unknown_and_duplicate_keys_are_refused() {
    refuses(
        r"tracers:
  a:
    samplr: always_on
    colour: red
",
        r"<string>:3:5: tracers.a: unknown key `samplr`
  3 |     samplr: always_on
    |     ^^^^^^
    = help: did you mean `sampler`?
<string>:4:5: tracers.a: unknown key `colour`
  4 |     colour: red
    |     ^^^^^^
    = help: a tracer takes `enabled`, `project`, `project_attribute`, `environment`, `source`, `backend`, `api_key`, `service`, `resource`, `sampler`, `sample_rate`, `limits`, `exporter`, `exporters`, `batch`, `capture`",
    );
    refuses(
        r"tracers:
  a: {project: x, project: y}
  a:
",
        r"<string>:2:19: tracers.a: duplicate key `project`
  2 |   a: {project: x, project: y}
    |                   ^^^^^^^
<string>:3:3: tracers: duplicate key `a`
  3 |   a:
    |   ^",
    );
    refuses(
        r"tracers:
  a: {project:x}
",
        r"<string>:2:7: tracers.a: unknown key `project…`
  2 |   a: {project[REDACTED]}
    |       ^^^^^^^^^
    = help: a space is missing after the colon",
    );
    refuses(
        r"base: &base {}
tracers:
  a:
    <<: *base
",
        r"<string>:1:1: unknown key `base`
  1 | base: &base {}
    | ^^^^
    = help: a configuration takes `file_format`, `default_tracer`, `enabled`, `unknown_tracer`, `on_switch`, `remote_parent`, `baggage`, `undefined_variables`, `defaults`, `tracers`, `routes`, `experiments`
<string>:4:5: tracers.a: merge keys (`<<`) are not supported
  4 |     <<: *base
    |     ^^
    = help: put what tracers share into `defaults`",
    );
    refuses(
        r"tracer_provider: {}
tracers:
  a: {processors: []}
",
        r"<string>:1:1: unsupported key `tracer_provider`
  1 | tracer_provider: {}
    | ^^^^^^^^^^^^^^^
    = help: its keys belong under `tracers.<name>`
<string>:3:7: tracers.a: unsupported key `processors`
  3 |   a: {processors: []}
    |       ^^^^^^^^^^
    = help: use `exporter` and `batch`",
    );
}

#[test]
fn missing_keys_are_reported() {
    refuses(
        r#"file_format: "1.0"
"#,
        r#"<string>:1:1: missing key `tracers`
  1 | file_format: "1.0"
    | ^
    = help: `tracers` is the map of tracers by name; at least one"#,
    );
    refuses(
        r"tracers:
",
        r"<string>:1:1: tracers: there is no tracer
  1 | tracers:
    | ^^^^^^^
    = help: a configuration has at least one",
    );
    refuses(
        r"tracers:
  a:
  b:
",
        r"<string>:1:1: missing key `default_tracer`
  1 | tracers:
    | ^
    = help: there is more than one tracer; the tracers are `a`, `b`",
    );
    refuses(
        r"tracers:
  a:
routes:
  - name: x
  - tracer:
experiments:
  e: {}
  f:
    variants: [{weight: 1}]
",
        r"<string>:4:5: routes[0]: missing key `tracer`
  4 |   - name: x
    |     ^
    = help: a route leads to a `tracer` or to an `experiment`
<string>:5:5: routes[1].tracer: expected a name, found nothing
  5 |   - tracer:
    |     ^^^^^^
<string>:7:3: experiments.e: missing key `variants`
  7 |   e: {}
    |   ^
    = help: `variants` is the list of arms, in order
<string>:9:16: experiments.f.variants[0]: missing key `name`
  9 |     variants: [{weight: 1}]
    |                ^
    = help: `name` is the variant's name in spans and messages",
    );
}
