//! Values of the wrong type, out of range, or against a rule.

use super::refuses;

#[test]
fn wrong_values() {
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
fn samplers_and_exporters() {
    refuses(
        r"tracers:
  a:
    sampler: always_of
    exporter: {otlp_http: {}, console: {}}
",
        r"<string>:3:14: tracers.a.sampler: `always_of` is not one of `always_on`, `always_off`, `trace_id_ratio_based`, `parent_based`, `rate_limited`
  3 |     sampler: always_of
    |              ^^^^^^^^^
    = help: did you mean `always_on`?
<string>:4:15: tracers.a.exporter: expected exactly one of `otlp_http`, `otlp_grpc`, `file`, `console`, found `otlp_http`, `console`
  4 |     exporter: {otlp_http: {}, console: {}}
    |               ^",
    );
    refuses(
        r"tracers:
  a:
    sampler: {jaeger_remote/development: {}}
    exporter: {}
",
        r"<string>:3:15: tracers.a.sampler: unsupported key `jaeger_remote/development`
  3 |     sampler: {jaeger_remote/development: {}}
    |               ^^^^^^^^^^^^^^^^^^^^^^^^^
    = help: supported samplers are `always_on`, `always_off`, `trace_id_ratio_based`, `parent_based`, `rate_limited`
<string>:4:5: tracers.a.exporter: expected exactly one of `otlp_http`, `otlp_grpc`, `file`, `console`
  4 |     exporter: {}
    |     ^^^^^^^^",
    );
    refuses(
        r"tracers:
  a:
    sampler: {trace_id_ratio_based: {ratio: 1.5}}
    sample_rate: 0.5
",
        r"<string>:3:14: tracers.a.sampler: `sampler` and `sample_rate` exclude each other
  3 |     sampler: {trace_id_ratio_based: {ratio: 1.5}}
    |              ^
    = help: `sample_rate: 0.1` is short for `parent_based` with that ratio for roots
<string>:3:45: tracers.a.sampler.trace_id_ratio_based.ratio: `1.5` is not a number from 0 to 1
  3 |     sampler: {trace_id_ratio_based: {ratio: 1.5}}
    |                                             ^^^
    = help: `ratio` is the share of traces to keep; default 1.0",
    );
    refuses(
        r"tracers:
  a:
    sampler: {rate_limited: {per_second: 0}}
    limits: {max_spans_per_trace: 0}
",
        r"<string>:3:42: tracers.a.sampler.rate_limited.per_second: `0` is not a whole number from 1 to 1000000
  3 |     sampler: {rate_limited: {per_second: 0}}
    |                                          ^
    = help: `per_second` is the maximum number of traces that start in a second; traces that start in another process count, too
<string>:4:35: tracers.a.limits.max_spans_per_trace: `0` is not a whole number from 1 to 4294967295
  4 |     limits: {max_spans_per_trace: 0}
    |                                   ^
    = help: `max_spans_per_trace` is the maximum number of spans of one trace that start in this process; further spans count as throttled; default none",
    );
    refuses(
        r"tracers:
  a:
    sampler: rate_limited
",
        r"<string>:3:14: tracers.a.sampler: missing key `per_second`
  3 |     sampler: rate_limited
    |              ^^^^^^^^^^^^
    = help: `per_second` is the maximum number of traces that start in a second; traces that start in another process count, too",
    );
    refuses(
        r"tracers:
  a:
    sampler: {trace_id_ratio_based: 0.5}
",
        r"<string>:3:37: tracers.a.sampler.trace_id_ratio_based: expected a map, found a single value
  3 |     sampler: {trace_id_ratio_based: 0.5}
    |                                     ^^^",
    );
    refuses(
        r"tracers:
  a:
    exporter:
      otlp_http:
        endpoint: http://localhost:4318
        compression: zip
        timeout: 0
",
        r"<string>:5:19: tracers.a.exporter.otlp_http.endpoint: `http://localhost:4318` has no path
  5 |         endpoint: http://localhost:4318
    |                   ^^^^^^^^^^^^^^^^^^^^^
    = help: OTLP over HTTP is sent to exactly this URL; most backends listen at `/v1/traces` (write `/` for none)
<string>:6:22: tracers.a.exporter.otlp_http.compression: `zip` is not one of `none`, `gzip`
  6 |         compression: zip
    |                      ^^^
    = help: did you mean `gzip`?
<string>:7:18: tracers.a.exporter.otlp_http.timeout: `0` is not a whole number of milliseconds from 1 to 86400000
  7 |         timeout: 0
    |                  ^
    = help: `timeout` is the time limit of one request, in milliseconds; default 10000",
    );
    refuses(
        r"tracers:
  a:
    exporter:
      otlp_grpc:
        endpoint: http://localhost:4317/v1/traces
        encoding: json
        tls: {cert_file: c, insecure: true}
",
        r"<string>:5:19: tracers.a.exporter.otlp_grpc.endpoint: `http://localhost:4317/v1/traces` has a path
  5 |         endpoint: http://localhost:4317/v1/traces
    |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    = help: OTLP over gRPC takes scheme, host and port only
<string>:6:9: tracers.a.exporter.otlp_grpc: unknown key `encoding`
  6 |         encoding: json
    |         ^^^^^^^^
    = help: `otlp_grpc` takes `endpoint`, `headers`, `headers_list`, `compression`, `timeout`, `tls`
<string>:7:9: tracers.a.exporter.otlp_grpc.tls: `cert_file` and `key_file` need each other
  7 |         tls: {cert_file: c, insecure: true}
    |         ^^^
    = help: a client shows its certificate and proves that it holds the key; write both or none
<string>:7:29: tracers.a.exporter.otlp_grpc.tls: unsupported key `insecure`
  7 |         tls: {cert_file: c, insecure: true}
    |                             ^^^^^^^^
    = help: write `http://` in the endpoint for a connection without TLS",
    );
}

#[test]
fn headers_and_keys() {
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
fn variables() {
    refuses(
        r"tracers:
  a:
    project: ${NOPE}-${NEITHER}
    environment: ${1X}
    enabled: ${file:x}
",
        r"<string>:3:14: tracers.a.project: undefined variables `NOPE`, `NEITHER`
  3 |     project: ${NOPE}-${NEITHER}
    |              ^^^^^^^^^^^^^^^^^^
    = help: set them, or write `${NOPE:-}` for an empty value
<string>:4:18: tracers.a.environment: `${1X}` is not a reference to a variable
  4 |     environment: ${1X}
    |                  ^^^^^
    = help: write `${NAME}`, `${env:NAME}` or `${NAME:-default}`, and `$$` for a `$`
<string>:5:14: tracers.a.enabled: `${file…}` is not a reference to a variable
  5 |     enabled: [REDACTED]
    |              ^^^^^^^^^^
    = help: write `${NAME}`, `${env:NAME}` or `${NAME:-default}`, and `$$` for a `$`",
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

#[test]
fn several_exporters() {
    refuses(
        r"tracers:
  a: {exporter: console, exporters: [console]}
  b: {exporters: []}
  c: {exporters: [otlp_http, nonsense, {console: {}, file: {}}, {file: {max_size: 5}}]}
  d: {api_key: k, exporters: [otlp_http]}
  e: {exporters: {otlp_http: {}}}
  f: {exporters: [{otlp_http: {}}, {otlp_grpc: {tls: {cert_file: c}}}]}
default_tracer: a
",
        r"<string>:2:37: tracers.a.exporters: `exporter` and `exporters` exclude each other
  2 |   a: {exporter: console, exporters: [console]}
    |                                     ^
    = help: write it in the list of `exporters`
<string>:3:7: tracers.b.exporters: there is no exporter in the list
  3 |   b: {exporters: []}
    |       ^^^^^^^^^
    = help: a tracer has at least one
<string>:4:30: tracers.c.exporters[1]: `nonsense` is not one of `otlp_http`, `otlp_grpc`, `file`, `console`
  4 |   c: {exporters: [otlp_http, nonsense, {console: {}, file: {}}, {file: {max_size: 5}}]}
    |                              ^^^^^^^^
<string>:4:40: tracers.c.exporters[2]: expected exactly one of `otlp_http`, `otlp_grpc`, `file`, `console`, found `console`, `file`
  4 |   c: {exporters: [otlp_http, nonsense, {console: {}, file: {}}, {file: {max_size: 5}}]}
    |                                        ^
<string>:4:72: tracers.c.exporters[3].file: missing key `path`
  4 | …ers: [otlp_http, nonsense, {console: {}, file: {}}, {file: {max_size: 5}}]}
    |                                                             ^
    = help: `path` is the file; required. A missing folder is created
<string>:4:83: tracers.c.exporters[3].file.max_size: `5` is not a whole number from 1024 to 1099511627776
  4 | …http, nonsense, {console: {}, file: {}}, {file: {max_size: 5}}]}
    |                                                             ^
    = help: `max_size` is the maximum size of the file, in bytes; a full file is renamed, with `.1` at its end; default 104857600
<string>:5:30: tracers.d.exporters: `api_key` and `exporters` exclude each other
  5 |   d: {api_key: [REDACTED], exporters: [otlp_http]}
    |                                       ^
    = help: write the header `authorization` for each exporter that needs it
<string>:6:18: tracers.e.exporters: expected a list, found a map
  6 |   e: {exporters: {otlp_http: {}}}
    |                  ^
    = help: a list has `- ` before each item
<string>:7:49: tracers.f.exporters[1].otlp_grpc.tls: `cert_file` and `key_file` need each other
  7 |   f: {exporters: [{otlp_http: {}}, {otlp_grpc: {tls: {cert_file: c}}}]}
    |                                                 ^^^
    = help: a client shows its certificate and proves that it holds the key; write both or none",
    );
}

#[test]
fn a_key_beside_inherited_exporters() {
    refuses(
        r"defaults: {exporters: [console, otlp_http]}
tracers:
  a:
    api_key: k
",
        r"<string>:4:14: tracers.a.api_key: an `api_key` needs one exporter, and this tracer has the `exporters` of `defaults`
  4 |     api_key: [REDACTED]
    |              ^^^^^^^^^^",
    );
}
