//! Samplers and exporters against a rule.

use super::{load, refuses};
use crate::Registry;

#[test]
fn unknown_samplers_and_exporters_are_refused() {
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
}

#[test]
fn sampler_values_are_checked() {
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
}

#[test]
fn otlp_exporter_values_are_checked() {
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
fn each_exporter_of_a_list_is_checked() {
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
fn a_key_beside_inherited_exporters_is_refused() {
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

/// The headers of all sources count together, and code gets no error that the file did not get.
#[test]
fn the_headers_of_an_exporter_are_counted_once_all_are_known() {
    let names = |from: usize, to: usize| (from..to).map(|i| format!("x-{i}"));
    let map =
        |from, to| format!("headers: {{{}}}", names(from, to).collect::<Vec<_>>().join(": v, ") + ": v");
    let list =
        |from, to| format!("headers_list: \"{}\"", names(from, to).collect::<Vec<_>>().join("=v,") + "=v");
    let file = |defaults: &str, key: &str, own: &str| {
        format!(
            "defaults:\n  exporter: {{otlp_http: {{{defaults}}}}}\n\
             tracers:\n  a: {{{key} exporter: {{otlp_http: {{\n    {own}\n    }}}}}}\n"
        )
    };
    let own = format!("{},\n    {}", map(0, 128), list(100, 256));
    for text in [file("", "", &map(0, 256)), file("", "", &own), file(&map(0, 256), "", &map(1, 256))] {
        Registry::from_config(load(&text, &[]).unwrap()).unwrap();
    }
    let headers = "tracers.a.exporter.otlp_http.headers";
    for (text, line, path) in [
        (file("", "", &map(0, 257)), 5, headers),
        (file("", "", &list(0, 257)), 5, "tracers.a.exporter.otlp_http.headers_list"),
        (file("", "", &own.replace("x-255=", "x-255=v,x-256=")), 5, headers),
        (file(&map(0, 200), "", &map(150, 257)), 5, headers),
        (file(&list(0, 200), "", &map(150, 257)), 5, headers),
        (file("", "api_key: k,", &map(0, 256)), 5, headers),
        (file(&map(0, 256), "api_key: k,", "timeout: 5"), 2, "defaults.exporter.otlp_http.headers"),
    ] {
        let error = load(&text, &[]).unwrap_err();
        let found: Vec<_> =
            error.diagnostics().iter().map(|each| (each.line(), each.path(), each.message())).collect();
        assert_eq!(found, [(Some(line), path, "more than 256 headers")], "{text}");
    }
}
