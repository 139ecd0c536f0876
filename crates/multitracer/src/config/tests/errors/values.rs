//! Values of the wrong type, out of range, or against a rule.

use super::refuses;

#[test]
fn values_of_the_wrong_type_are_refused() {
    refuses(
        r"file_format: 2.0
tracers: [a]
",
        r#"<string>:1:14: file_format: `2.0` is not a file format that this version reads
  1 | file_format: 2.0
    |              ^^^
    = help: write `file_format: "1.0"`
<string>:2:10: tracers: expected a map, found a list
  2 | tracers: [a]
    |          ^
    = help: a map has `key: value` in place of `- value`"#,
    );
    refuses(
        r"enabled: yes
on_switch: chlid
tracers:
  a:
    sample_rate: 10%
    service: shop
    batch:
      schedule_delay: 5s
      max_queue_size: 0
",
        r"<string>:1:10: enabled: `yes` is not `true` or `false`
  1 | enabled: yes
    |          ^^^
    = help: write `true`
<string>:2:12: on_switch: `chlid` is not one of `link`, `child`
  2 | on_switch: chlid
    |            ^^^^^
    = help: did you mean `child`?
<string>:5:18: tracers.a.sample_rate: `10%` is not a number from 0 to 1
  5 |     sample_rate: 10%
    |                  ^^^
    = help: a share of the whole: 10 % is written `0.1`
<string>:6:14: tracers.a.service: expected a map, found a single value
  6 |     service: shop
    |              ^^^^
<string>:8:23: tracers.a.batch.schedule_delay: `5s` is not a whole number of milliseconds from 0 to 86400000
  8 |       schedule_delay: 5s
    |                       ^^
    = help: a number without its unit: 5s is written `5000`
<string>:9:23: tracers.a.batch.max_queue_size: `0` is not a whole number from 1 to 16777216
  9 |       max_queue_size: 0
    |                       ^
    = help: `max_queue_size` is the maximum number of spans in the queue; default 2048",
    );
}

#[test]
fn attributes_of_the_wrong_type_are_refused() {
    refuses(
        r"tracers:
  a:
    resource:
      attributes:
        list: [1, x]
        map: {}
",
        r"<string>:5:15: tracers.a.resource.attributes.list: the values of a list must have one type
  5 |         list: [1, x]
    |               ^
    = help: quote them to make them text
<string>:6:9: tracers.a.resource.attributes.map: expected a single value, found a map
  6 |         map: {}
    |         ^^^",
    );
    refuses(
        r"tracers:
  a:
    resource:
      attributes:
        - {name: x, value: y, type: int}
        - {name: y, value: 1, type: integer}
",
        r"<string>:5:28: tracers.a.resource.attributes[0].value: `y` is not a whole number
  5 |         - {name: x, value: y, type: int}
    |                            ^
<string>:6:37: tracers.a.resource.attributes[1].type: `integer` is not one of `string`, `bool`, `int`, `double`, `string_array`, `bool_array`, `int_array`, `double_array`
  6 |         - {name: y, value: 1, type: integer}
    |                                     ^^^^^^^
    = help: `type` is the type of the value; default `string`",
    );
}

#[test]
fn invalid_headers_are_refused() {
    refuses(
        r#"tracers:
  a:
    exporter:
      otlp_http:
        headers:
          x y: secret
          Host: secret
          x-a: "secret\n"
        headers_list: a=secret,b
"#,
        r"<string>:6:11: tracers.a.exporter.otlp_http.headers.x…: `x…` is not a header name
  6 |           x[REDACTED]: [REDACTED]
    |           ^^^
    = help: letters, digits and any of !#$%&'*+-.^_`|~, with no spaces
<string>:7:11: tracers.a.exporter.otlp_http.headers.Host: `Host` is set by the exporter itself
  7 |           Host: [REDACTED]
    |           ^^^^
<string>:8:11: tracers.a.exporter.otlp_http.headers.x-a: the value ends with a line break
  8 |           x-a[REDACTED]
    |           ^^^
    = help: a key that was read from a file often has one
<string>:9:23: tracers.a.exporter.otlp_http.headers_list: entry 2 of the list is not a valid `name=value`
  9 |         headers_list: [REDACTED]
    |                       ^^^^^^^^^^
    = help: `name=value,name=value`, values percent-encoded",
    );
    refuses(
        r"tracers:
  a:
    exporter:
      otlp_http:
        headers:
          - {name: X-A, value: secret}
          - {name: x-a, value: secret}
          - {name: x-b}
",
        r"<string>:7:20: tracers.a.exporter.otlp_http.headers[1].name: a header with this name is already there
  7 |           - {name: x-a, value: [REDACTED]}
    |                    ^^^
<string>:8:13: tracers.a.exporter.otlp_http.headers[2]: missing key `value`
  8 |           - {name: x-b}
    |             ^",
    );
}

#[test]
fn keys_that_exclude_each_other_are_refused() {
    refuses(
        r"tracers:
  a:
    api_key: secret
    exporter: console
",
        r"<string>:3:14: tracers.a.api_key: an `api_key` needs an OTLP exporter, and this tracer's is `console`
  3 |     api_key: [REDACTED]
    |              ^^^^^^^^^^
    = help: remove it, or write `exporter: otlp_http`",
    );
    refuses(
        r"tracers:
  a:
    api_key: secret
    exporter: {otlp_http: {headers: {Authorization: secret}}}
",
        r"<string>:3:14: tracers.a.api_key: `api_key` and the header `authorization` exclude each other
  3 |     api_key: [REDACTED]
    |              ^^^^^^^^^^
    = help: `api_key` is short for the header `authorization: Bearer ..`",
    );
    refuses(
        r"tracers:
  a: {api_key: secret, environment: x, source: y}
",
        r"<string>:2:48: tracers.a.source: `source` and `environment` are the same; write one of them
  2 |   a: {api_key: [REDACTED], environment: x, source: y}
    |                                                    ^",
    );
}

#[test]
fn undefined_and_empty_variables_are_refused() {
    refuses(
        r"tracers:
  a:
    project: ${NOPE}-${NEITHER}
    environment: ${1X}
    enabled: ${vault:x}
",
        r"<string>:3:14: tracers.a.project: undefined variables `NOPE`, `NEITHER`
  3 |     project: ${NOPE}-${NEITHER}
    |              ^^^^^^^^^^^^^^^^^^
    = help: set them, or write `${NOPE:-}` for an empty value
<string>:4:18: tracers.a.environment: `${1X}` is not a reference to a variable
  4 |     environment: ${1X}
    |                  ^^^^^
    = help: write `${NAME}`, `${NAME:-default}` or `${file:PATH}`, and `$$` for a `$`
<string>:5:14: tracers.a.enabled: a `${..}` in the value is not a reference to a variable
  5 |     enabled: [REDACTED]
    |              ^^^^^^^^^^
    = help: write `${NAME}`, `${NAME:-default}` or `${file:PATH}`, and `$$` for a `$`",
    );
    refuses(
        r"tracers:
  a:
    api_key: ${EMPTY}
    enabled: ${WORD}
    sample_rate: ${WORD}0
    sampler:
",
        r"<string>:3:14: tracers.a.api_key: the variable `EMPTY` is set, but empty
  3 |     api_key: ${EMPTY}
    |              ^^^^^^^^
    = help: set it, or write `${EMPTY:-}` if it may be empty
<string>:4:14: tracers.a.enabled: the value of `${WORD}` is not `true` or `false`
  4 |     enabled: ${WORD}
    |              ^^^^^^^
    = help: `enabled` is `false` to switch off the tracer; default true
<string>:5:18: tracers.a.sample_rate: the value of `${WORD}` is not a number from 0 to 1
  5 |     sample_rate: ${WORD}0
    |                  ^^^^^^^^
    = help: `sample_rate` is short for `sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: ..}}}}`",
    );
    refuses(
        r"default_tracer: ${WORD}
tracers:
  a:
",
        r"<string>:1:17: default_tracer: the value of `${WORD}` is not the name of a tracer
  1 | default_tracer: ${WORD}
    |                 ^^^^^^^
    = help: the only tracer is `a`",
    );
}
