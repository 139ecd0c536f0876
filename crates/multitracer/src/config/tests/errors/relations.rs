//! Values that do not fit together.

use super::refuses;

#[test]
fn unknown_references_are_refused() {
    refuses(
        r"default_tracer: cnary
tracers:
  canary:
",
        r"<string>:1:17: default_tracer: `cnary` is not the name of a tracer
  1 | default_tracer: cnary
    |                 ^^^^^
    = help: did you mean `canary`?",
    );
    refuses(
        r"tracers:
  a:
  b:
default_tracer: a
routes:
  - tracer: c
  - experiment: e
  - {tracer: a, experiment: e}
",
        r"<string>:6:13: routes[0].tracer: `c` is not the name of a tracer
  6 |   - tracer: c
    |             ^
    = help: the tracers are `a`, `b`
<string>:7:17: routes[1].experiment: `e` is not the name of an experiment
  7 |   - experiment: e
    |                 ^
    = help: there is no experiment
<string>:8:29: routes[2].experiment: `tracer` and `experiment` exclude each other
  8 |   - {tracer: a, experiment: e}
    |                             ^",
    );
    refuses(
        r"tracers:
  a:
experiments:
  e:
    fallback: c
    variants:
      - name: b
      - {name: a, tracer: d}
      - {name: a, tracer: a}
",
        r"<string>:5:15: experiments.e.fallback: `c` is not the name of a tracer
  5 |     fallback: c
    |               ^
    = help: the only tracer is `a`
<string>:7:15: experiments.e.variants[0].name: `b` is not the name of a tracer
  7 |       - name: b
    |               ^
    = help: the only tracer is `a`
<string>:8:27: experiments.e.variants[1].tracer: `d` is not the name of a tracer
  8 |       - {name: a, tracer: d}
    |                           ^
    = help: the only tracer is `a`
<string>:9:16: experiments.e.variants[2].name: `a` is the name of another variant too
  9 |       - {name: a, tracer: a}
    |                ^",
    );
    refuses(
        r#"tracers:
  a:
routes:
  - {name: x, tracer: a}
  - {name: x, tracer: a}
  - {name: "", tracer: a}
"#,
        r#"<string>:5:12: routes[1].name: `x` is the name of another route too
  5 |   - {name: x, tracer: a}
    |            ^
<string>:6:6: routes[2].name: the route's name is empty
  6 |   - {name: "", tracer: a}
    |      ^^^^
    = help: a name is 1 to 200 bytes of visible characters, with spaces only inside"#,
    );
}

#[test]
fn invalid_routes_are_refused() {
    refuses(
        r"tracers:
  a:
routes:
  - tracer: a
    headers:
      X-A:
      x b: c
",
        r#"<string>:6:7: routes[0].headers.X-A: expected a value, found nothing
  6 |       X-A:
    |       ^^^
    = help: for any value write `{name: .., type: present}`; for an empty one `""`
<string>:7:7: routes[0].headers.x…: `x…` is not a header name
  7 |       x[REDACTED]: [REDACTED]
    |       ^^^
    = help: letters, digits and any of !#$%&'*+-.^_`|~, with no spaces"#,
    );
    refuses(
        r#"tracers:
  a:
routes:
  - tracer: a
    headers:
      - {name: x, type: suffix, value: y}
      - {name: x}
      - {name: x, type: present, value: y}
      - {name: x, type: regex, value: "^(a"}
      - {name: x, value: " y"}
"#,
        r#"<string>:6:25: routes[0].headers[0].type: `suffix` is not one of `exact`, `prefix`, `regex`, `present`
  6 |       - {name: x, type: suffix, value: y}
    |                         ^^^^^^
    = help: `type` is the kind of comparison; default `exact`
<string>:7:9: routes[0].headers[1]: missing key `value`
  7 |       - {name: x}
    |         ^
    = help: for any value write `{name: .., type: present}`; for an empty one `""`
<string>:8:41: routes[0].headers[2].value: a `present` condition has no value
  8 |       - {name: x, type: present, value: y}
    |                                         ^
<string>:9:40: routes[0].headers[3].value: `^(a` is not a regular expression: unclosed group
  9 |       - {name: x, type: regex, value: "^(a"}
    |                                        ^^^
<string>:10:27: routes[0].headers[4].value: ` y` is a value that no header can have
  10 |       - {name: x, value: " y"}
     |                           ^^
     = help: spaces around a header's value are not part of it"#,
    );
    refuses(
        r"tracers:
  a:
routes:
  - tracer: a
    matches: [{headers: {x: y}}]
",
        r#"<string>:5:5: routes[0]: unsupported key `matches`
  5 |     matches: [{headers: {x: [REDACTED]}}]
    |     ^^^^^^^
    = help: write the conditions under `headers`; for "or" write one route for each"#,
    );
}

#[test]
fn invalid_experiments_are_refused() {
    refuses(
        r"tracers:
  a:
experiments:
  e:
    unit: user.id
    hash: md5
    coverage: 2
    variants: [{name: a, weight: -1}]
  f:
    variants: [{name: a, weight: 0}]
  g:
    variants: []
",
        r"<string>:5:11: experiments.e.unit: expected a map, found a single value
  5 |     unit: user.id
    |           ^^^^^^^
<string>:6:11: experiments.e.hash: `md5` is not `murmur3_32_v1`
  6 |     hash: md5
    |           ^^^
    = help: `hash` is the name of the hash function, which never changes; default `murmur3_32_v1`
<string>:7:15: experiments.e.coverage: `2` is not a number from 0 to 1
  7 |     coverage: 2
    |               ^
    = help: a share of the whole: 2 % is written `0.02`
<string>:8:34: experiments.e.variants[0].weight: `-1` is not a whole number from 0 to 2147483647
  8 |     variants: [{name: a, weight: -1}]
    |                                  ^^
    = help: `weight` is the variant's share of the sum of all weights; default 1
<string>:10:5: experiments.f.variants: the weights sum to 0
  10 |     variants: [{name: a, weight: 0}]
     |     ^^^^^^^^
     = help: the sum must be from 1 to 2147483647
<string>:12:5: experiments.g.variants: there is no variant
  12 |     variants: []
     |     ^^^^^^^^
     = help: an experiment has at least one",
    );
}

#[test]
fn the_defaults_and_a_tracer_are_checked_together() {
    refuses(
        r"default_tracer: a
defaults:
  project: x
  batch: {max_queue_size: 100, max_export_batch_size: 200}
tracers:
  a:
  b:
  c:
    batch: {max_queue_size: 50}
    exporter: {otlp_http: {tls: {key_file: k}}}
",
        r"<string>:3:12: defaults.project: `project` belongs to a tracer
  3 |   project: x
    |            ^
    = help: a shared project would mix the spans of all tracers; write it in each tracer
<string>:4:55: defaults.batch.max_export_batch_size: `max_export_batch_size` is more than `max_queue_size`
  4 |   batch: {max_queue_size: 100, max_export_batch_size: 200}
    |                                                       ^^^
    = help: a batch is taken from the queue, so it cannot be larger
<string>:9:29: tracers.c.batch.max_queue_size: `max_export_batch_size` is more than `max_queue_size`
  9 |     batch: {max_queue_size: 50}
    |                             ^^
    = help: a batch is taken from the queue, so it cannot be larger
<string>:10:28: tracers.c.exporter.otlp_http.tls: `cert_file` and `key_file` need each other
  10 |     exporter: {otlp_http: {tls: {key_file: [REDACTED]}}}
     |                            ^^^
     = help: a client shows its certificate and proves that it holds the key; write both or none",
    );
}
