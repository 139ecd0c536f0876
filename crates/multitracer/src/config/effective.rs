//! The configuration that is in force, as a configuration: everything written out, secrets redacted.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, Serializer};

use super::model::{
    AttributeValue, BatchConfig, CaptureConfig, Compression, ConfigModel, Encoding, ExperimentConfig,
    ExporterConfig, HeaderMatch, LimitsConfig, OnSwitch, RemoteParent, RouteConfig, RouteTarget,
    SamplerConfig, TlsConfig, TracerConfig, UnknownTracerPolicy, ValueMatch,
};
use super::path::mentions_secret;
use super::rules;
use super::secret::Secret;
use super::tree::{Tree, count, key, text};
use super::yaml;

/// What is shown in place of a secret.
const REDACTED: &str = "[REDACTED]";

/// A configuration with all its defaults, short forms and variables written out; from
/// [`Config::effective`](crate::config::Config::effective).
///
/// `Display` is YAML that could be loaded again, but for its secrets, which are redacted: header values, user names,
/// passwords and queries of endpoints, and resource attributes whose names speak of secrets. It serializes with serde too.
///
/// ```
/// let config = multitracer::config::Config::from_yaml("
/// tracers: {main: {sample_rate: 0.5, api_key: sk-1, exporter: otlp_http}}
/// ")?;
/// let text = config.effective().to_string();
/// assert!(text.contains("ratio: 0.5") && text.contains("authorization: '[REDACTED]'"), "{text}");
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EffectiveConfig(Tree);

impl EffectiveConfig {
    pub(super) fn new(model: &ConfigModel) -> Self {
        let mut map = vec![
            key("file_format", text("1.0")),
            key("enabled", Tree::Flag(model.enabled)),
            key("default_tracer", text(&model.default_tracer)),
            key(
                "unknown_tracer",
                text(match model.unknown_tracer {
                    UnknownTracerPolicy::Default => "default",
                    UnknownTracerPolicy::Drop => "drop",
                }),
            ),
            key(
                "on_switch",
                text(match model.on_switch {
                    OnSwitch::Link => "link",
                    OnSwitch::Child => "child",
                }),
            ),
            key(
                "remote_parent",
                text(match model.remote_parent {
                    RemoteParent::Auto => "auto",
                    RemoteParent::Child => "child",
                    RemoteParent::Link => "link",
                }),
            ),
        ];
        let baggage = &model.baggage;
        if baggage.trusted || !baggage.attributes.is_empty() {
            let mut entries = vec![key("trusted", Tree::Flag(baggage.trusted))];
            if !baggage.attributes.is_empty() {
                let attributes =
                    baggage.attributes.iter().map(|(entry, attribute)| key(entry, text(attribute)));
                entries.push(key("attributes", Tree::Map(attributes.collect())));
            }
            map.push(key("baggage", Tree::Map(entries)));
        }
        let tracers = model.tracers.iter().map(|tracer| key(&tracer.name, of_tracer(tracer))).collect();
        map.push(key("tracers", Tree::Map(tracers)));
        if !model.routes.is_empty() {
            map.push(key("routes", Tree::List(model.routes.iter().map(route).collect())));
        }
        if !model.experiments.is_empty() {
            let experiments = model.experiments.iter().map(|each| key(&each.name, experiment(each)));
            map.push(key("experiments", Tree::Map(experiments.collect())));
        }
        Self(Tree::Map(map))
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(yaml::to_text(&self.0.escaped()).trim_end())
    }
}

impl Serialize for EffectiveConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn millis(duration: Duration) -> Tree {
    count(duration.as_millis())
}

fn of_tracer(tracer: &TracerConfig) -> Tree {
    let mut map = vec![
        key("enabled", Tree::Flag(tracer.enabled)),
        key("project", text(&tracer.project)),
        key("project_attribute", text(&tracer.project_attribute)),
    ];
    map.extend(tracer.environment.as_ref().map(|environment| key("environment", text(environment))));
    let service = &tracer.service;
    let parts = [
        ("name", &service.name),
        ("version", &service.version),
        ("namespace", &service.namespace),
        ("instance_id", &service.instance_id),
    ];
    let parts: Vec<_> =
        parts.into_iter().filter_map(|(name, value)| Some(key(name, text(value.as_ref()?)))).collect();
    if !parts.is_empty() {
        map.push(key("service", Tree::Map(parts)));
    }
    if !tracer.resource.is_empty() {
        let attributes = tracer.resource.iter().map(|(name, value)| attribute(name, value)).collect();
        map.push(key("resource", Tree::Map(vec![key("attributes", Tree::List(attributes))])));
    }
    map.push(key("sampler", sampler(&tracer.sampler)));
    map.push(key("limits", limits(&tracer.limits)));
    let exporters: Vec<Tree> =
        std::iter::once(&tracer.exporter).chain(&tracer.more_exporters).map(exporter).collect();
    map.push(match <[Tree; 1]>::try_from(exporters) {
        Ok([only]) => key("exporter", only),
        Err(several) => key("exporters", Tree::List(several)),
    });
    map.push(key("batch", batch(&tracer.batch)));
    map.push(key("capture", capture(&tracer.capture)));
    Tree::Map(map)
}

fn attribute(name: &str, value: &AttributeValue) -> Tree {
    let (kind, value) = match value {
        AttributeValue::String(_) if mentions_secret(name) => ("string", text(REDACTED)),
        AttributeValue::StringArray(_) if mentions_secret(name) => {
            ("string_array", Tree::List(vec![text(REDACTED)]))
        }
        AttributeValue::String(value) => ("string", text(value)),
        AttributeValue::Bool(value) => ("bool", Tree::Flag(*value)),
        AttributeValue::Int(value) => ("int", Tree::Int(*value)),
        AttributeValue::Double(value) => ("double", Tree::Float(*value)),
        AttributeValue::StringArray(values) => {
            ("string_array", Tree::List(values.iter().map(|value| text(value)).collect()))
        }
        AttributeValue::BoolArray(values) => {
            ("bool_array", Tree::List(values.iter().map(|value| Tree::Flag(*value)).collect()))
        }
        AttributeValue::IntArray(values) => {
            ("int_array", Tree::List(values.iter().map(|value| Tree::Int(*value)).collect()))
        }
        AttributeValue::DoubleArray(values) => {
            ("double_array", Tree::List(values.iter().map(|value| Tree::Float(*value)).collect()))
        }
    };
    Tree::Map(vec![key("name", text(name)), key("value", value), key("type", text(kind))])
}

fn sampler(config: &SamplerConfig) -> Tree {
    let one = |name: &str, inner| Tree::Map(vec![key(name, inner)]);
    match config {
        SamplerConfig::AlwaysOn => text("always_on"),
        SamplerConfig::AlwaysOff => text("always_off"),
        SamplerConfig::TraceIdRatioBased(ratio) => {
            one("trace_id_ratio_based", one("ratio", Tree::Float(*ratio)))
        }
        SamplerConfig::RateLimited(rate) => one("rate_limited", one("per_second", count(*rate))),
        SamplerConfig::ParentBased(delegates) => one(
            "parent_based",
            Tree::Map(vec![
                key("root", sampler(&delegates.root)),
                key("remote_parent_sampled", sampler(&delegates.remote_parent_sampled)),
                key("remote_parent_not_sampled", sampler(&delegates.remote_parent_not_sampled)),
                key("local_parent_sampled", sampler(&delegates.local_parent_sampled)),
                key("local_parent_not_sampled", sampler(&delegates.local_parent_not_sampled)),
            ]),
        ),
    }
}

fn limits(limits: &LimitsConfig) -> Tree {
    let mut map = Vec::new();
    map.extend(
        limits.attribute_value_length_limit.map(|most| key("attribute_value_length_limit", count(most))),
    );
    map.extend([
        key("attribute_count_limit", count(limits.attribute_count_limit)),
        key("event_count_limit", count(limits.event_count_limit)),
        key("link_count_limit", count(limits.link_count_limit)),
        key("event_attribute_count_limit", count(limits.event_attribute_count_limit)),
        key("link_attribute_count_limit", count(limits.link_attribute_count_limit)),
    ]);
    map.extend(limits.max_spans_per_trace.map(|most| key("max_spans_per_trace", count(most))));
    Tree::Map(map)
}

fn exporter(config: &ExporterConfig) -> Tree {
    let compression = |compression: Compression| {
        text(match compression {
            Compression::None => "none",
            Compression::Gzip => "gzip",
        })
    };
    let (kind, map) = match config {
        ExporterConfig::Console => return text("console"),
        ExporterConfig::OtlpHttp(otlp) => {
            let encoding = match otlp.encoding {
                Encoding::Protobuf => "protobuf",
                Encoding::Json => "json",
            };
            let mut map = vec![key("endpoint", text(&rules::shown_url(&otlp.endpoint)))];
            map.extend(headers(&otlp.headers));
            map.push(key("compression", compression(otlp.compression)));
            map.push(key("timeout", millis(otlp.timeout)));
            map.push(key("encoding", text(encoding)));
            map.extend(tls(&otlp.tls));
            ("otlp_http", map)
        }
        ExporterConfig::OtlpGrpc(otlp) => {
            let mut map = vec![key("endpoint", text(&rules::shown_url(&otlp.endpoint)))];
            map.extend(headers(&otlp.headers));
            map.push(key("compression", compression(otlp.compression)));
            map.push(key("timeout", millis(otlp.timeout)));
            map.extend(tls(&otlp.tls));
            ("otlp_grpc", map)
        }
        ExporterConfig::File(file) => {
            let map = vec![
                key("path", text(&file.path)),
                key("max_size", count(file.max_size)),
                key("max_backups", count(file.max_backups)),
            ];
            ("file", map)
        }
    };
    Tree::Map(vec![key(kind, Tree::Map(map))])
}

fn headers(headers: &[(String, Secret)]) -> Option<(String, Tree)> {
    let shown = headers.iter().map(|(name, _)| key(name, text(REDACTED))).collect();
    (!headers.is_empty()).then(|| key("headers", Tree::Map(shown)))
}

fn tls(tls: &TlsConfig) -> Option<(String, Tree)> {
    let files = [("ca_file", &tls.ca_file), ("cert_file", &tls.cert_file), ("key_file", &tls.key_file)];
    let map: Vec<_> =
        files.into_iter().filter_map(|(name, file)| Some(key(name, text(file.as_ref()?)))).collect();
    (!map.is_empty()).then(|| key("tls", Tree::Map(map)))
}

fn batch(batch: &BatchConfig) -> Tree {
    Tree::Map(vec![
        key("schedule_delay", millis(batch.schedule_delay)),
        key("export_timeout", millis(batch.export_timeout)),
        key("max_queue_size", count(batch.max_queue_size)),
        key("max_export_batch_size", count(batch.max_export_batch_size)),
        key("max_queue_bytes", count(batch.max_queue_bytes)),
        key("max_concurrent_exports", count(batch.max_concurrent_exports)),
        key("max_retries", count(batch.max_retries)),
    ])
}

fn capture(capture: &CaptureConfig) -> Tree {
    Tree::Map(vec![
        key("arguments", Tree::Flag(capture.arguments)),
        key("results", Tree::Flag(capture.results)),
        key("max_length", count(capture.max_length)),
    ])
}

fn route(route: &RouteConfig) -> Tree {
    let mut map = vec![key("name", text(&route.name))];
    if !route.headers.is_empty() {
        map.push(key("headers", Tree::List(route.headers.iter().map(condition).collect())));
    }
    map.push(match &route.target {
        RouteTarget::Tracer(name) => key("tracer", text(name)),
        RouteTarget::Experiment(name) => key("experiment", text(name)),
    });
    Tree::Map(map)
}

fn condition(header: &HeaderMatch) -> Tree {
    let (kind, value) = match &header.value {
        ValueMatch::Exact(value) => ("exact", Some(value.as_str())),
        ValueMatch::Prefix(value) => ("prefix", Some(value.as_str())),
        ValueMatch::Regex(regex) => ("regex", Some(regex.as_str())),
        ValueMatch::Present => ("present", None),
    };
    let mut map = vec![key("name", text(&header.name)), key("type", text(kind))];
    map.extend(
        value.map(|value| key("value", text(if mentions_secret(&header.name) { REDACTED } else { value }))),
    );
    Tree::Map(map)
}

fn experiment(experiment: &ExperimentConfig) -> Tree {
    let mut map = Vec::new();
    if let Some(header) = &experiment.unit_header {
        map.push(key("unit", Tree::Map(vec![key("header", text(header))])));
    }
    let variants = experiment.variants.iter().map(|variant| {
        Tree::Map(vec![
            key("name", text(&variant.name)),
            key("weight", count(variant.weight)),
            key("tracer", text(&variant.tracer)),
        ])
    });
    map.extend([
        key("salt", text(&experiment.salt)),
        key("hash", text("murmur3_32_v1")),
        key("coverage", Tree::Float(experiment.coverage)),
        key("variants", Tree::List(variants.collect())),
        key("fallback", text(&experiment.fallback)),
    ]);
    Tree::Map(map)
}
