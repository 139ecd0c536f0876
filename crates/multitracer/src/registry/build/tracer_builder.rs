//! A tracer made in code.

mod exporters;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::ShouldSample;

use self::exporters::default_exporter;
use crate::config::model::{
    AttributeValue, BatchConfig, CaptureConfig, Exporters, LimitsConfig, ParentBasedConfig, SamplerConfig,
    ServiceConfig, TracerConfig,
};
use crate::export::{Exporter, InMemoryExporter};

/// A tracer as it will be, made in code: the same things that an entry of `tracers` says in YAML, and what
/// YAML cannot say, an exporter or a sampler of one's own.
///
/// Without an exporter it sends OTLP over HTTP to `http://localhost:4318/v1/traces`.
#[must_use = "a tracer does nothing until a registry is built with it"]
pub struct TracerBuilder {
    pub(in crate::registry) config: TracerConfig,
    pub(in crate::registry) own: Own,
}

/// What only code can give.
#[derive(Default)]
pub(in crate::registry) struct Own {
    /// Whether `also` was called: then what is said of an exporter is said of the last one, else it takes the place of all that
    /// a file named.
    pub(in crate::registry) several: bool,
    /// By position among the tracer's exporters.
    pub(in crate::registry) exporters: BTreeMap<usize, OwnExporter>,
    pub(in crate::registry) sampler: Option<Box<dyn ShouldSample>>,
    pub(in crate::registry) resource: Option<Resource>,
}

pub(in crate::registry) enum OwnExporter {
    Memory(InMemoryExporter),
    Custom(MakeExporter),
}

/// Makes an exporter once the resource is known.
type MakeExporter = Box<dyn FnOnce(&Resource) -> Arc<dyn Exporter> + Send>;

impl TracerBuilder {
    /// A tracer of that name, with every default; its project is named like it.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::from_config(TracerConfig {
            project: name.clone(),
            name,
            enabled: true,
            project_attribute: "project.name".to_owned(),
            environment: None,
            service: ServiceConfig::default(),
            resource: Vec::new(),
            sampler: SamplerConfig::default(),
            limits: LimitsConfig::default(),
            exporters: Exporters::new(default_exporter()),
            batch: BatchConfig::default(),
            capture: CaptureConfig::default(),
        })
    }

    pub(in crate::registry) fn from_config(config: TracerConfig) -> Self {
        Self { config, own: Own::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// `enabled`, default `true`. A tracer that is off makes no span, starts no thread and opens no socket.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.config.enabled = enabled;
        self
    }

    /// The project that its spans go to, recorded as the resource attribute `project.name`.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.config.project = project.into();
        self
    }

    /// Recorded as the resource attribute `deployment.environment.name`.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.config.environment = Some(environment.into());
        self
    }

    /// Recorded as the resource attribute `service.name`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.config.service.name = Some(name.into());
        self
    }

    /// Recorded as the resource attribute `service.version`.
    pub fn service_version(mut self, version: impl Into<String>) -> Self {
        self.config.service.version = Some(version.into());
        self
    }

    /// A resource attribute, over one of the same key.
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let key = key.into();
        let resource = self.own.resource.take().unwrap_or_else(|| Resource::builder_empty().build());
        let added = Resource::builder_empty().with_attribute(KeyValue::new(key, value)).build();
        self.own.resource = Some(merged(&resource, &added));
        self
    }

    /// Resource attributes of your own making, over those that the other methods give.
    pub fn resource(mut self, resource: &Resource) -> Self {
        self.own.resource = Some(match &self.own.resource {
            Some(earlier) => merged(earlier, resource),
            None => resource.clone(),
        });
        self
    }

    /// Samples this share of the traces, within 0.0 to 1.0; a child follows its parent. Default 1.0.
    pub fn sample_rate(mut self, rate: f64) -> Self {
        let root = SamplerConfig::TraceIdRatioBased(rate);
        self.config.sampler = SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(root)));
        self
    }

    /// Begins at most so many traces a second (at least one); a child follows its parent. A trace that a caller in another
    /// process began counts too, so that forged headers cannot cause more.
    pub fn rate_limited(mut self, per_second: u32) -> Self {
        self.config.sampler = SamplerConfig::RateLimited(per_second);
        self
    }

    /// Samples by `sampler`. It is asked once a trace: what is inside an unsampled local span is not sampled either.
    pub fn sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        self.own.sampler = Some(Box::new(sampler));
        self
    }

    /// Longest time that a span waits for its batch to fill. Default 5 s.
    pub fn schedule_delay(mut self, delay: Duration) -> Self {
        self.config.batch.schedule_delay = delay;
        self
    }

    /// Longest time that one export may take, retries included. Default 30 s; zero: no limit.
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.config.batch.export_timeout = timeout;
        self
    }

    /// Spans that may wait for their export; one more is dropped and counted. Default 2048. Lowers
    /// [`max_export_batch_size`](Self::max_export_batch_size) to no more than that.
    pub fn max_queue_size(mut self, spans: usize) -> Self {
        self.config.batch.max_export_batch_size = self.config.batch.max_export_batch_size.min(spans);
        self.config.batch.max_queue_size = spans;
        self
    }

    /// Spans in one export. Default 512.
    pub fn max_export_batch_size(mut self, spans: usize) -> Self {
        self.config.batch.max_export_batch_size = spans;
        self
    }

    /// Bytes of memory that the waiting spans may take, estimated; a span that does not fit is dropped and counted.
    /// Default 64 MiB.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.config.batch.max_queue_bytes = bytes;
        self
    }

    /// Exports that may run at once. Default 1.
    pub fn max_concurrent_exports(mut self, exports: usize) -> Self {
        self.config.batch.max_concurrent_exports = exports.max(1);
        self
    }

    /// Attempts after the first that an export gets which may succeed later, within
    /// [`export_timeout`](Self::export_timeout). Default 10.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.config.batch.max_retries = retries;
        self
    }

    /// Spans of one trace that may start in this process while any of it is open; one more is not made, and counted as
    /// dropped. At least one; default: no limit.
    pub fn max_spans_per_trace(mut self, spans: u32) -> Self {
        self.config.limits.max_spans_per_trace = Some(spans.max(1));
        self
    }

    /// Characters that a text attribute may have; longer ones are cut. Default: no limit.
    pub fn attribute_value_length_limit(mut self, characters: u32) -> Self {
        self.config.limits.attribute_value_length_limit = Some(characters);
        self
    }

    /// Whether `args(..)` of `#[traced]` records anything on this tracer. Default `true`.
    pub fn capture_arguments(mut self, capture: bool) -> Self {
        self.config.capture.arguments = capture;
        self
    }

    /// Whether `ret` of `#[traced]` records anything on this tracer. Default `true`.
    pub fn capture_results(mut self, capture: bool) -> Self {
        self.config.capture.results = capture;
        self
    }

    pub(in crate::registry) fn resource_of(&self) -> Resource {
        resource(&self.config, self.own.resource.as_ref())
    }
}

/// The resource of a tracer. Reads no environment variable.
pub(crate) fn resource(config: &TracerConfig, own: Option<&Resource>) -> Resource {
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
    match own {
        Some(own) => merged(&built, own),
        None => built,
    }
}

/// `over` on top of `base`.
fn merged(base: &Resource, over: &Resource) -> Resource {
    let attributes = |resource: &Resource| -> Vec<KeyValue> {
        resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect()
    };
    Resource::builder_empty().with_attributes(attributes(base)).with_attributes(attributes(over)).build()
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

impl fmt::Debug for TracerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerBuilder")
            .field("name", &self.config.name)
            .field("project", &self.config.project)
            .finish_non_exhaustive()
    }
}
