//! The OpenTelemetry resource of a tracer.

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;

use crate::config::model::{AttributeValue, TracerConfig};

/// Returns the resource of a tracer. Attributes of `from_code` replace those of `config`.
///
/// Reads no environment variable.
pub(crate) fn resource(config: &TracerConfig, from_code: Option<&Resource>) -> Resource {
    let text = |key: &'static str, value: &Option<String>| Some(KeyValue::new(key, value.clone()?));
    let service = &config.service;
    let unnamed = Some("unknown_service".to_owned());
    let known = [
        text("service.name", if service.name.is_some() { &service.name } else { &unnamed }),
        text("service.version", &service.version),
        text("service.namespace", &service.namespace),
        text("service.instance.id", &service.instance_id),
        text("deployment.environment.name", &config.environment),
        (!config.project_attribute.is_empty())
            .then(|| KeyValue::new(config.project_attribute.clone(), config.project.clone())),
    ];
    let configured =
        config.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), attribute_value(value.clone())));
    let built = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(known.into_iter().flatten())
        .with_attributes(configured)
        .build();
    match from_code {
        Some(from_code) => merged(&built, from_code),
        None => built,
    }
}

/// Returns the attributes of both resources. Those of `over` replace those of `base`. The schema
/// URL follows OpenTelemetry's
/// [rule](https://opentelemetry.io/docs/specs/otel/resource/sdk/#merge): two different ones give
/// none.
pub(super) fn merged(base: &Resource, over: &Resource) -> Resource {
    let attributes = |resource: &Resource| -> Vec<KeyValue> {
        resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect()
    };
    let merged =
        Resource::builder_empty().with_attributes(attributes(base)).with_attributes(attributes(over));
    let urls = [base.schema_url(), over.schema_url()];
    let merged = urls.into_iter().flatten().fold(merged, |merged, url| {
        let no_attributes: [KeyValue; 0] = [];
        merged.with_schema_url(no_attributes, url.to_owned())
    });
    merged.build()
}

fn attribute_value(value: AttributeValue) -> Value {
    match value {
        AttributeValue::String(value) => value.into(),
        AttributeValue::Bool(value) => value.into(),
        AttributeValue::Int(value) => value.into(),
        AttributeValue::Double(value) => value.into(),
        AttributeValue::StringArray(values) => {
            Value::Array(opentelemetry::Array::String(values.into_iter().map(Into::into).collect()))
        }
        AttributeValue::BoolArray(values) => Value::Array(values.into()),
        AttributeValue::IntArray(values) => Value::Array(values.into()),
        AttributeValue::DoubleArray(values) => Value::Array(values.into()),
    }
}
