//! The effective configuration, which loads again as the same configuration.

use super::example::EXAMPLE;
use super::load;
use crate::config::model::{ConfigModel, ExporterConfig};
use crate::config::{Config, Secret};

const FULL: &str = r##"
default_tracer: a
enabled: false
unknown_tracer: drop
on_switch: child
remote_parent: link
tracers:
  a:
    project: "$$ $${x} true"
    project_attribute: ""
    environment: "1"
    service: {name: "null", namespace: "a: b", instance_id: "# no comment"}
    resource:
      attributes:
        - {name: t, value: "1.0"}
        - {name: b, value: true, type: bool}
        - {name: i, value: -3, type: int}
        - {name: d, value: 0.1, type: double}
        - {name: ts, value: [a, "2"], type: string_array}
        - {name: bs, value: [true], type: bool_array}
        - {name: is, value: [1, 2], type: int_array}
        - {name: ds, value: [.inf, 1e300], type: double_array}
    sampler:
      parent_based:
        root: {rate_limited: {per_second: 3}}
        local_parent_not_sampled: {trace_id_ratio_based: {ratio: 0.3333333333333333}}
    limits: {attribute_value_length_limit: 3, link_count_limit: 0, max_spans_per_trace: 7}
    exporter:
      otlp_grpc:
        endpoint: https://example.com:4317
        headers: {x-key: secret}
        compression: gzip
        timeout: 1
        tls: {ca_file: ca.pem, cert_file: c.pem, key_file: k.pem}
    batch: {schedule_delay: 1, export_timeout: 0, max_queue_size: 2, max_export_batch_size: 1}
    capture: {arguments: false, results: false, max_length: 1}
  "b c":
    exporter: {otlp_http: {endpoint: https://example.com/v1, encoding: json}}
    enabled: false
    sampler: always_off
  several:
    exporters:
      - otlp_http: {headers: {authorization: "Bearer k"}}
      - file: {path: /tmp/spans.jsonl, max_size: 2048, max_backups: 0}
      - console
    batch: {max_queue_bytes: 65536, max_concurrent_exports: 3, max_retries: 0}
routes:
  - {headers: [{name: X, type: prefix, value: ''}, {name: Y, type: regex, value: '^(a|b)$'}, {name: Z, type: present}], tracer: a}
  - {name: "yes", headers: {X-A: "${V}"}, experiment: "no"}
baggage: {trusted: true, attributes: {tenant: app.tenant, b: b}}
experiments:
  "no": {unit: {header: X-U}, salt: ' s ', coverage: 0.1, variants: [{name: v, weight: 3, tracer: "b c"}, {name: a, weight: 0}], fallback: a}
"##;

/// Returns the model without secrets, which differ.
fn plain(config: &Config) -> ConfigModel {
    let mut model = config.model().clone();
    for tracer in &mut model.tracers {
        for exporter in tracer.exporters.iter_mut() {
            let headers = match exporter {
                ExporterConfig::OtlpHttp(otlp) => &mut otlp.headers,
                ExporterConfig::OtlpGrpc(otlp) => &mut otlp.headers,
                ExporterConfig::File(_) | ExporterConfig::Console => continue,
            };
            headers.iter_mut().for_each(|(_, value)| *value = Secret::new("x"));
        }
    }
    model
}

#[test]
fn the_effective_form_loads_as_the_same_model() {
    for (text, variables) in [
        (FULL, [("V", "${V} $$ '\"")]),
        (EXAMPLE, [("HH_API_KEY", "hh-1")]),
        ("tracers: {main: }", [("V", "")]),
        ("tracers: {'a$${b': {project: '$$$ $$${V} $ $$$${V', environment: '$'}}", [("V", "$$$${x} $${")]),
    ] {
        let config = load(text, &variables).unwrap();
        let shown = config.effective().to_string();
        let again = load(&shown, &[]).unwrap_or_else(|error| unreachable!("{error}\n{shown}"));
        assert_eq!(plain(&config), plain(&again), "{shown}");
        assert_eq!(again.effective().to_string(), shown);
        assert!(!shown.contains("hh-1") && !shown.contains("secret"), "{shown}");
    }
}

#[test]
fn possible_secrets_are_redacted() {
    let config = load(
        "tracers:\n  a:\n    api_key: cAnArY\n    resource: {attributes: {db.password: cAnArY, tokens: [cAnArY]}}\n    \
         exporter: {otlp_http: {endpoint: 'https://u:cAnArY@h/p?q=cAnArY'}}\n\
         routes: [{headers: {Authorization: cAnArY}, tracer: a}]",
        &[],
    )
    .unwrap();
    let (yaml, json) = (config.effective().to_string(), serde_json::to_string(&config.effective()).unwrap());
    assert!(!yaml.contains("cAnArY") && !json.contains("cAnArY"), "{yaml}");
    assert_eq!(yaml.matches("[REDACTED]").count(), 4, "{yaml}");
    assert!(yaml.contains("endpoint: https://h/p\n"), "{yaml}");
}
