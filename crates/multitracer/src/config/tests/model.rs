//! The models of the forms of the file.

use std::time::Duration;

use super::{load, model};
use crate::config::Secret;
use crate::config::model::{
    AttributeValue, BatchConfig, Compression, Encoding, ExporterConfig, LimitsConfig, OnSwitch,
    OtlpGrpcConfig, OtlpHttpConfig, ParentBasedConfig, RemoteParent, RouteTarget, SamplerConfig, TlsConfig,
    TracerConfig, UnknownTracerPolicy, ValueMatch,
};

fn tracer(text: &str) -> TracerConfig {
    model(text).tracers.remove(0)
}

fn http(text: &str) -> OtlpHttpConfig {
    match tracer(text).exporters.first().clone() {
        ExporterConfig::OtlpHttp(otlp) => otlp,
        other => unreachable!("{other:?}"),
    }
}

fn headers(otlp: &OtlpHttpConfig) -> Vec<(&str, &str)> {
    otlp.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect()
}

#[test]
fn the_shortest_file_has_all_defaults() {
    let config = model("tracers: {main: }");
    assert_eq!(config.default_tracer, "main");
    assert!(config.enabled && config.routes.is_empty() && config.experiments.is_empty());
    let tracer = &config.tracers[0];
    assert_eq!((tracer.project.as_str(), tracer.project_attribute.as_str()), ("main", "project.name"));
    assert_eq!(tracer.environment, None);
    assert_eq!(tracer.sampler, SamplerConfig::default());
    let ExporterConfig::OtlpHttp(otlp) = tracer.exporters.first() else { unreachable!() };
    assert_eq!(otlp.endpoint, "http://localhost:4318/v1/traces");
    assert_eq!(otlp.timeout, Duration::from_secs(10));
}

#[test]
fn top_level_settings_are_read() {
    let config = model(
        "file_format: 1.3\nenabled: false\nunknown_tracer: drop\non_switch: child\nremote_parent: link\n\
         default_tracer: b\ntracers: {a: {enabled: false}, b: {}}",
    );
    assert_eq!(config.default_tracer, "b");
    assert!(!config.enabled && !config.tracers[0].enabled && config.tracers[1].enabled);
    assert_eq!(config.unknown_tracer, UnknownTracerPolicy::Drop);
    assert_eq!(config.on_switch, OnSwitch::Child);
    assert_eq!(config.remote_parent, RemoteParent::Link);
}

#[test]
fn samplers_are_read() {
    let sampler = |form: &str| tracer(&format!("tracers: {{a: {{{form}}}}}")).sampler;
    for form in
        ["sampler: always_on", "sampler: {always_on: }", "sampler: {always_on: {}}", "sampler: {always_on}"]
    {
        assert_eq!(sampler(form), SamplerConfig::AlwaysOn, "{form}");
    }
    assert_eq!(sampler("sampler: always_off"), SamplerConfig::AlwaysOff);
    assert_eq!(sampler("sampler: trace_id_ratio_based"), SamplerConfig::TraceIdRatioBased(1.0));
    assert_eq!(
        sampler("sampler: {trace_id_ratio_based: {ratio: 1e-1}}"),
        SamplerConfig::TraceIdRatioBased(0.1)
    );
    assert_eq!(sampler("sampler: {rate_limited: {per_second: 50}}"), SamplerConfig::RateLimited(50));
    assert_eq!(sampler("sampler: parent_based"), SamplerConfig::default());
    assert_eq!(sampler("sampler: "), SamplerConfig::default());
    let delegates = "root: {trace_id_ratio_based: {ratio: 0.5}}, remote_parent_sampled: always_off, \
         remote_parent_not_sampled: always_on, local_parent_sampled: {always_off: }, \
         local_parent_not_sampled: {parent_based: {root: always_off}}";
    let expected = ParentBasedConfig {
        root: SamplerConfig::TraceIdRatioBased(0.5),
        remote_parent_sampled: SamplerConfig::AlwaysOff,
        remote_parent_not_sampled: SamplerConfig::AlwaysOn,
        local_parent_sampled: SamplerConfig::AlwaysOff,
        local_parent_not_sampled: SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(
            SamplerConfig::AlwaysOff,
        ))),
    };
    assert_eq!(
        sampler(&format!("sampler: {{parent_based: {{{delegates}}}}}")),
        SamplerConfig::ParentBased(Box::new(expected))
    );
    let rate = |ratio| {
        SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(SamplerConfig::TraceIdRatioBased(
            ratio,
        ))))
    };
    assert_eq!(sampler("sample_rate: 0"), rate(0.0));
    assert_eq!(
        tracer("defaults: {sampler: always_off}\ntracers: {a: {sample_rate: 0.5}}").sampler,
        rate(0.5)
    );
    assert_eq!(
        tracer("defaults: {sample_rate: 0.5}\ntracers: {a: {sampler: always_on}}").sampler,
        SamplerConfig::AlwaysOn
    );
}

#[test]
fn limits_batch_and_capture_merge_key_by_key() {
    let tracer = tracer(
        "defaults:
  limits: {event_count_limit: 7, attribute_value_length_limit: 100, max_spans_per_trace: 1000}
  batch: {schedule_delay: 100, max_queue_size: 300}
  capture: {arguments: false, max_length: 10}
tracers:
  a:
    limits: {attribute_count_limit: 0, event_count_limit: 8, link_count_limit: 1,
             event_attribute_count_limit: 2, link_attribute_count_limit: 3}
    batch: {export_timeout: 0}
    capture: {results: false}
",
    );
    let limits = LimitsConfig {
        attribute_value_length_limit: Some(100),
        attribute_count_limit: 0,
        event_count_limit: 8,
        link_count_limit: 1,
        event_attribute_count_limit: 2,
        link_attribute_count_limit: 3,
        max_spans_per_trace: Some(1000),
    };
    assert_eq!(tracer.limits, limits);
    let batch = BatchConfig {
        schedule_delay: Duration::from_millis(100),
        export_timeout: Duration::ZERO,
        max_queue_size: 300,
        // the default is limited by the queue
        max_export_batch_size: 300,
        ..BatchConfig::default()
    };
    assert_eq!(tracer.batch, batch);
    assert!(!tracer.capture.arguments && !tracer.capture.results);
    assert_eq!(tracer.capture.max_length, 10);
}

#[test]
fn exporters_are_read() {
    let full = "endpoint: \"https://h:1/v1/traces\", headers: {X-B: b, x-a: \"a \"}, headers_list: \"x-a=no,x-c=%C3%A4%20\", \
         compression: gzip, timeout: 1500, encoding: json, tls: {ca_file: ca, cert_file: c, key_file: k}";
    let full = full.replace("%C3%A4%20", "1%2C2");
    let otlp = http(&format!("tracers: {{a: {{exporter: {{otlp_http: {{{full}}}}}}}}}"));
    assert_eq!(otlp.endpoint, "https://h:1/v1/traces");
    assert_eq!(headers(&otlp), [("x-b", "b"), ("x-a", "a"), ("x-c", "1,2")]);
    assert_eq!((otlp.compression, otlp.encoding), (Compression::Gzip, Encoding::Json));
    assert_eq!(otlp.timeout, Duration::from_millis(1500));
    let path = |name: &str| Some(name.to_owned());
    assert_eq!(otlp.tls, TlsConfig { ca_file: path("ca"), cert_file: path("c"), key_file: path("k") });

    let grpc = "tracers: {a: {exporter: {otlp_grpc: {headers: [{name: X-K, value: v}]}}, api_key: k}}";
    let expected = OtlpGrpcConfig {
        endpoint: "http://localhost:4317".to_owned(),
        headers: vec![
            ("x-k".to_owned(), Secret::new("v")),
            ("authorization".to_owned(), Secret::new("Bearer k")),
        ],
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        tls: TlsConfig::default(),
    };
    assert_eq!(*tracer(grpc).exporters.first(), ExporterConfig::OtlpGrpc(expected));
    for form in ["console", "{console: }", "{console: {}}", "\n      console:"] {
        let text = format!("tracers:\n  a:\n    exporter: {form}\n");
        assert_eq!(*tracer(&text).exporters.first(), ExporterConfig::Console, "{form}");
    }
}

#[test]
fn an_exporter_of_the_same_kind_merges_over_the_defaults() {
    let defaults = "defaults: {exporter: {otlp_http: {endpoint: \"http://d/v1\", timeout: 5, \
         headers: {authorization: base, X-Team: a, x-gone: b}, tls: {ca_file: ca}}}}\n";
    let with = |form: &str| format!("{defaults}tracers: {{a: {{{form}}}}}");
    let otlp = http(&with("exporter: {otlp_http: {timeout: 7, headers: {x-team: c, X-Gone: , X-New: d}}}"));
    assert_eq!((otlp.endpoint.as_str(), otlp.timeout), ("http://d/v1", Duration::from_millis(7)));
    assert_eq!(headers(&otlp), [("authorization", "base"), ("x-team", "c"), ("x-new", "d")]);
    assert_eq!(otlp.tls.ca_file.as_deref(), Some("ca"));
    // an exporter inherits nothing from defaults of another kind
    let ExporterConfig::OtlpGrpc(grpc) = tracer(&with("exporter: otlp_grpc")).exporters.first().clone()
    else {
        unreachable!()
    };
    assert!(grpc.headers.is_empty() && grpc.tls == TlsConfig::default());
    assert_eq!(grpc.endpoint, "http://localhost:4317");
}

#[test]
fn a_tracers_own_key_wins_over_that_of_the_defaults() {
    let authorization = |text: &str| {
        let otlp = http(text);
        headers(&otlp).iter().find(|(name, _)| *name == "authorization").map(|(_, value)| (*value).to_owned())
    };
    let own_key =
        "defaults: {exporter: {otlp_http: {headers: {Authorization: base}}}}\ntracers: {a: {api_key: own}}";
    assert_eq!(authorization(own_key).as_deref(), Some("Bearer own"));
    assert_eq!(authorization("defaults: {api_key: base}\ntracers: {a: }").as_deref(), Some("Bearer base"));
    let own_header =
        "defaults: {api_key: base}\ntracers: {a: {exporter: {otlp_http: {headers: {authorization: own}}}}}";
    assert_eq!(authorization(own_header).as_deref(), Some("own"));
    assert_eq!(authorization("tracers: {a: {api_key: \"${KEY:-}\"}}"), None);
    assert_eq!(
        *tracer("defaults: {api_key: base}\ntracers: {a: {exporter: console}}").exporters.first(),
        ExporterConfig::Console
    );
}

#[test]
fn attributes_are_read() {
    let tracer = tracer(
        "defaults: {resource: {attributes: {kept: 1, gone: 2, changed: 3}}}
tracers:
  a:
    resource:
      attributes:
        gone: null
        changed: [1, 2]
        plain: 0x10
        quoted: \"16\"
        float: 1.10
        flag: true
        word: yes
        flags: [true, false]
        words: [a, \"1\"]
        floats: [1.0, .5]
        from_variable: ${N:-7}
        quoted_variable: \"${N:-7}\"
        absent: ${N:-}
",
    );
    let text = |text: &str| AttributeValue::String(text.to_owned());
    let expected = [
        ("kept", AttributeValue::Int(1)),
        ("changed", AttributeValue::IntArray(vec![1, 2])),
        ("plain", AttributeValue::Int(16)),
        ("quoted", text("16")),
        ("float", AttributeValue::Double(1.1)),
        ("flag", AttributeValue::Bool(true)),
        ("word", text("yes")),
        ("flags", AttributeValue::BoolArray(vec![true, false])),
        ("words", AttributeValue::StringArray(vec!["a".to_owned(), "1".to_owned()])),
        ("floats", AttributeValue::DoubleArray(vec![1.0, 0.5])),
        ("from_variable", AttributeValue::Int(7)),
        ("quoted_variable", text("7")),
    ];
    assert_eq!(*tracer.resource, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn listed_attributes_have_their_declared_type() {
    let values = [
        ("{name: x, value: 1}", AttributeValue::String("1".to_owned())),
        ("{name: x, value: 0123, type: string}", AttributeValue::String("0123".to_owned())),
        ("{name: x, value: \"1\", type: int}", AttributeValue::Int(1)),
        ("{name: x, value: 1, type: double}", AttributeValue::Double(1.0)),
        ("{name: x, value: False, type: bool}", AttributeValue::Bool(false)),
        (
            "{name: x, value: [1, a], type: string_array}",
            AttributeValue::StringArray(vec!["1".into(), "a".into()]),
        ),
        ("{name: x, value: [1], type: double_array}", AttributeValue::DoubleArray(vec![1.0])),
        ("{name: x, value: [1], type: int_array}", AttributeValue::IntArray(vec![1])),
        ("{name: x, value: [true], type: bool_array}", AttributeValue::BoolArray(vec![true])),
    ];
    for (form, value) in values {
        let text = format!("tracers: {{a: {{resource: {{attributes: [{form}]}}}}}}");
        assert_eq!(*tracer(&text).resource, [("x".to_owned(), value)], "{form}");
    }
}

#[test]
fn text_is_kept_as_it_is_written() {
    let config = load(
        "tracers: {a: {service: {version: 1.10, name: 0123, namespace: 0x1F, instance_id: true}, project: \"${ID}\"}}",
        &[("ID", "007")],
    );
    let config = config.unwrap();
    let service = &config.model().tracers[0];
    assert_eq!(service.project, "007");
    let service = &service.service;
    assert_eq!(service.version.as_deref(), Some("1.10"));
    assert_eq!(service.name.as_deref(), Some("0123"));
    assert_eq!(service.namespace.as_deref(), Some("0x1F"));
    assert_eq!(service.instance_id.as_deref(), Some("true"));
}

#[test]
fn numbers_may_come_from_quoted_variables() {
    let config = load("tracers: {a: {batch: {max_queue_size: \"${N}\"}}}", &[("N", "1000")]).unwrap();
    assert_eq!(config.model().tracers[0].batch.max_queue_size, 1000);
}

#[test]
fn an_unset_variable_may_count_as_empty() {
    let text = "undefined_variables: empty\ntracers: {a: {project: \"${NOPE}\", environment: \"x${NOPE}\", api_key: \"${NOPE}\"}}";
    let config = load(text, &[]).unwrap();
    assert_eq!(config.model().tracers[0].environment.as_deref(), Some("x"));
    assert_eq!(config.model().tracers[0].project, "");
}

#[test]
fn routes_are_read() {
    let config = model(
        "tracers: {a: }
experiments: {e: {variants: [{name: a}]}}
routes:
  - {headers: {X-Flag: true, X-Empty: \"\"}, tracer: a}
  - {name: any, experiment: e}
  - name: typed
    tracer: a
    headers:
      - {name: X-P, type: prefix, value: pro}
      - {name: X-Q, type: present}
      - {name: X-R, value: 1.0}
",
    );
    let matches = |i: usize| -> Vec<_> {
        config.routes[i].headers.iter().map(|header| (header.name.as_str(), header.value.clone())).collect()
    };
    let exact = |text: &str| ValueMatch::Exact(text.to_owned());
    assert_eq!(config.routes[0].name, "routes[0]");
    assert_eq!(matches(0), [("x-flag", exact("true")), ("x-empty", exact(""))]);
    assert_eq!(config.routes[1].target, RouteTarget::Experiment("e".to_owned()));
    assert!(matches(1).is_empty());
    let typed =
        [("x-p", ValueMatch::Prefix("pro".to_owned())), ("x-q", ValueMatch::Present), ("x-r", exact("1.0"))];
    assert_eq!(matches(2), typed);
}

#[test]
fn experiments_are_read() {
    let config = model(
        "default_tracer: b
tracers: {a: , b: }
experiments:
  short: {variants: [{name: a}, {name: second, tracer: b, weight: 3}]}
  long: {unit: {header: X-User}, salt: s, hash: murmur3_32_v1, coverage: 0.25, fallback: a, variants: [{name: b}]}
",
    );
    let short = &config.experiments[0];
    assert_eq!((short.salt.as_str(), short.coverage, short.fallback.as_str()), ("short", 1.0, "b"));
    assert_eq!(short.unit_header, None);
    let variants: Vec<_> =
        short.variants.iter().map(|v| (v.name.as_str(), v.weight, v.tracer.as_str())).collect();
    assert_eq!(variants, [("a", 1, "a"), ("second", 3, "b")]);
    let long = &config.experiments[1];
    assert_eq!((long.salt.as_str(), long.coverage, long.fallback.as_str()), ("s", 0.25, "a"));
    assert_eq!(long.unit_header.as_deref(), Some("x-user"));
}

#[test]
fn anchors_are_values() {
    let config = model(
        "default_tracer: a\ntracers:\n  a: &a {project: p, batch: &b {schedule_delay: 1}}\n  b: {batch: *b}\n  c: *a\n",
    );
    assert_eq!(config.tracers[1].batch.schedule_delay, Duration::from_millis(1));
    assert_eq!(config.tracers[2].project, "p");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_ignored() {
    let config = model("\u{feff}default_tracer: b\r\ntracers:\r\n  a: {}\r\n  b: {project: \"x\"}\r\n");
    assert_eq!((config.default_tracer.as_str(), config.tracers[1].project.as_str()), ("b", "x"));
}
