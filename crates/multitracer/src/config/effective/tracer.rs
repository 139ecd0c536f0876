//! A tracer as YAML.

use super::exporter::{exporter, millis};
use crate::config::model::{
    AttributeValue, BatchConfig, CaptureConfig, LimitsConfig, SamplerConfig, TracerConfig,
};
use crate::config::secret::{REDACTED, mentions_secret};
use crate::config::yaml::{OutputValue, count, key, text};

/// Returns a tracer as a tree.
pub(super) fn of_tracer(tracer: &TracerConfig) -> OutputValue {
    let mut map = vec![
        key("enabled", OutputValue::Flag(tracer.enabled)),
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
        map.push(key("service", OutputValue::Map(parts)));
    }
    if !tracer.resource.is_empty() {
        let attributes = tracer.resource.iter().map(|(name, value)| attribute(name, value)).collect();
        map.push(key("resource", OutputValue::Map(vec![key("attributes", OutputValue::List(attributes))])));
    }
    map.push(key("sampler", sampler(&tracer.sampler)));
    map.push(key("limits", limits(&tracer.limits)));
    let exporters: Vec<OutputValue> = tracer.exporters.iter().map(exporter).collect();
    map.push(match <[OutputValue; 1]>::try_from(exporters) {
        Ok([only]) => key("exporter", only),
        Err(several) => key("exporters", OutputValue::List(several)),
    });
    map.push(key("batch", batch(&tracer.batch)));
    map.push(key("capture", capture(&tracer.capture)));
    OutputValue::Map(map)
}

fn attribute(name: &str, value: &AttributeValue) -> OutputValue {
    let (kind, value) = match value {
        AttributeValue::String(_) if mentions_secret(name) => ("string", text(REDACTED)),
        AttributeValue::StringArray(_) if mentions_secret(name) => {
            ("string_array", OutputValue::List(vec![text(REDACTED)]))
        }
        AttributeValue::String(value) => ("string", text(value)),
        AttributeValue::Bool(value) => ("bool", OutputValue::Flag(*value)),
        AttributeValue::Int(value) => ("int", OutputValue::Int(*value)),
        AttributeValue::Double(value) => ("double", OutputValue::Float(*value)),
        AttributeValue::StringArray(values) => {
            ("string_array", OutputValue::List(values.iter().map(|value| text(value)).collect()))
        }
        AttributeValue::BoolArray(values) => {
            ("bool_array", OutputValue::List(values.iter().map(|value| OutputValue::Flag(*value)).collect()))
        }
        AttributeValue::IntArray(values) => {
            ("int_array", OutputValue::List(values.iter().map(|value| OutputValue::Int(*value)).collect()))
        }
        AttributeValue::DoubleArray(values) => (
            "double_array",
            OutputValue::List(values.iter().map(|value| OutputValue::Float(*value)).collect()),
        ),
    };
    OutputValue::Map(vec![key("name", text(name)), key("value", value), key("type", text(kind))])
}

fn sampler(config: &SamplerConfig) -> OutputValue {
    let one = |name: &str, inner| OutputValue::Map(vec![key(name, inner)]);
    match config {
        SamplerConfig::AlwaysOn => text("always_on"),
        SamplerConfig::AlwaysOff => text("always_off"),
        SamplerConfig::TraceIdRatioBased(ratio) => {
            one("trace_id_ratio_based", one("ratio", OutputValue::Float(*ratio)))
        }
        SamplerConfig::RateLimited(rate) => one("rate_limited", one("per_second", count(*rate))),
        SamplerConfig::ParentBased(delegates) => one(
            "parent_based",
            OutputValue::Map(vec![
                key("root", sampler(&delegates.root)),
                key("remote_parent_sampled", sampler(&delegates.remote_parent_sampled)),
                key("remote_parent_not_sampled", sampler(&delegates.remote_parent_not_sampled)),
                key("local_parent_sampled", sampler(&delegates.local_parent_sampled)),
                key("local_parent_not_sampled", sampler(&delegates.local_parent_not_sampled)),
            ]),
        ),
    }
}

fn limits(limits: &LimitsConfig) -> OutputValue {
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
    OutputValue::Map(map)
}

fn batch(batch: &BatchConfig) -> OutputValue {
    OutputValue::Map(vec![
        key("schedule_delay", millis(batch.schedule_delay)),
        key("export_timeout", millis(batch.export_timeout)),
        key("max_queue_size", count(batch.max_queue_size)),
        key("max_export_batch_size", count(batch.max_export_batch_size)),
        key("max_queue_bytes", count(batch.max_queue_bytes)),
        key("max_concurrent_exports", count(batch.max_concurrent_exports)),
        key("max_retries", count(batch.max_retries)),
    ])
}

fn capture(capture: &CaptureConfig) -> OutputValue {
    OutputValue::Map(vec![
        key("arguments", OutputValue::Flag(capture.arguments)),
        key("results", OutputValue::Flag(capture.results)),
        key("max_length", count(capture.max_length)),
    ])
}
