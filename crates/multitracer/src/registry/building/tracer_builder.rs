//! The builder of a tracer.

mod exporters;
mod resource;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, ShouldSample};
use tokio::runtime::Handle;

use self::exporters::{OtlpSettings, default_exporter};
use self::resource::merged;
pub(crate) use self::resource::resource;
use crate::config::model::{
    BatchConfig, CaptureConfig, Exporters, LimitsConfig, ParentBasedConfig, ResourceAttributes,
    SamplerConfig, ServiceConfig, TracerConfig,
};
use crate::export::{Exporter, InMemoryExporter};

/// A builder of a tracer, with the keys of an entry of `tracers` in YAML.
///
/// Code can also give what YAML cannot: [an exporter](Self::exporter) or [a sampler](Self::sampler)
/// of its own. Without an exporter, the tracer sends OTLP over HTTP to
/// `http://localhost:4318/v1/traces`.
///
/// The order of different calls does not matter, except that [`also`](Self::also) starts the next
/// exporter. A second call of a method replaces the first one. A second exporter replaces the first
/// one with its headers, so no backend gets the credentials of another. The exporter of a file is a
/// first one: call [`header`](Self::header) after the exporter that replaces it.
///
/// [`RegistryBuilder::build`](crate::builder::RegistryBuilder::build) checks the values by the
/// rules of a file, and returns the same errors.
///
/// ```
/// use multitracer::{Registry, TracerBuilder};
///
/// let canary = TracerBuilder::new("canary")
///     .project("shop-canary")
///     .service_name("shop")
///     .otlp_http("http://localhost:4318/v1/traces")
///     .header("authorization", "Bearer secret")
///     .sample_rate(0.1);
/// let registry = Registry::builder().tracer(canary).build()?;
/// assert_eq!(registry.tracer("canary")?.project(), "shop-canary");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a tracer does nothing until a registry is built with it"]
pub struct TracerBuilder {
    pub(in crate::registry) config: TracerConfig,
    pub(in crate::registry) code: CodeSettings,
}

/// The settings that only code can give.
#[derive(Default)]
pub(in crate::registry) struct CodeSettings {
    /// `true` after a call of [`TracerBuilder::also`]. Until then, an exporter replaces all
    /// exporters of the file.
    pub(in crate::registry) is_exporter_added: bool,
    /// Exporters by their position among the tracer's exporters.
    pub(in crate::registry) exporters: BTreeMap<usize, CodeExporter>,
    /// The settings of OTLP that came before their exporter.
    otlp: OtlpSettings,
    /// `true` if a file or a call sets the last exporter.
    is_exporter_set: bool,
    /// The size of a batch in a queue that is large enough, until a call sets the size.
    unset_batch_size: Option<usize>,
    pub(in crate::registry) sampler: Option<Box<dyn ShouldSample>>,
    pub(in crate::registry) resource: Option<Resource>,
}

/// An exporter that code gave.
pub(in crate::registry) enum CodeExporter {
    Memory(InMemoryExporter),
    Custom(ExporterFactory),
}

/// A function that makes an exporter once the resource and the runtime of the user's exporters are
/// known.
type ExporterFactory = Box<dyn FnOnce(&Resource, &Handle) -> Arc<dyn Exporter> + Send>;

impl TracerBuilder {
    /// Starts a tracer with this name and every default. Its project has the same name.
    ///
    /// ```
    /// use multitracer::export::InMemoryExporter;
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// assert_eq!(registry.tracer("canary")?.project(), "canary");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let mut tracer = Self::from_config(TracerConfig {
            project: name.clone(),
            name,
            enabled: true,
            project_attribute: "project.name".to_owned(),
            environment: None,
            service: ServiceConfig::default(),
            resource: ResourceAttributes::default(),
            sampler: SamplerConfig::default(),
            limits: LimitsConfig::default(),
            exporters: Exporters::new(default_exporter()),
            batch: BatchConfig::default(),
            capture: CaptureConfig::default(),
        });
        // settings may come before their exporter
        tracer.code.is_exporter_set = false;
        tracer
    }

    /// Starts a tracer with the configuration of a file, which sets the exporters.
    pub(in crate::registry) fn from_config(config: TracerConfig) -> Self {
        let unset_batch_size = Some(config.batch.max_export_batch_size);
        let code = CodeSettings { unset_batch_size, is_exporter_set: true, ..CodeSettings::default() };
        Self { config, code }
    }

    /// Returns the tracer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Sets `enabled`. Default: `true`. A disabled tracer makes no span, starts no thread and opens
    /// no socket.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.config.enabled = enabled;
        self
    }

    /// Sets the project that receives the spans. Spans carry it as the resource attribute
    /// `project.name`.
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.config.project = project.into();
        self
    }

    /// Sets the environment: the resource attribute `deployment.environment.name`.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let canary = TracerBuilder::new("canary").environment("staging").in_memory(&spans);
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// assert_eq!(registry.tracer("canary")?.environment(), Some("staging"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.config.environment = Some(environment.into());
        self
    }

    /// Sets the service's name: the resource attribute `service.name`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.config.service.name = Some(name.into());
        self
    }

    /// Sets the service's version: the resource attribute `service.version`.
    pub fn service_version(mut self, version: impl Into<String>) -> Self {
        self.config.service.version = Some(version.into());
        self
    }

    /// Sets a resource attribute. It replaces an attribute with the same key.
    pub fn resource_attribute(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let key = key.into();
        let resource = self.code.resource.take().unwrap_or_else(|| Resource::builder_empty().build());
        let added = Resource::builder_empty().with_attribute(KeyValue::new(key, value)).build();
        self.code.resource = Some(merged(&resource, &added));
        self
    }

    /// Adds the attributes of `resource`. They replace attributes with the same keys, also those of
    /// other methods.
    pub fn resource(mut self, resource: &Resource) -> Self {
        self.code.resource = Some(match &self.code.resource {
            Some(earlier) => merged(earlier, resource),
            None => resource.clone(),
        });
        self
    }

    /// Samples this share of the traces, from 0.0 to 1.0. A child follows its parent. Default: 1.0.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// let canary = TracerBuilder::new("canary").sample_rate(0.0).in_memory(&spans);
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// registry.tracer("canary")?.in_span("unsampled", || {});
    /// assert!(spans.spans().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sample_rate(mut self, rate: f64) -> Self {
        let root = SamplerConfig::TraceIdRatioBased(rate);
        self.config.sampler = SamplerConfig::ParentBased(Box::new(ParentBasedConfig::with_root(root)));
        self
    }

    /// Samples at most this number of traces per second, at least 1. A child follows its parent.
    ///
    /// A trace that another process started counts too, so forged headers cannot exceed the limit.
    pub fn rate_limited(mut self, per_second: u32) -> Self {
        self.config.sampler = SamplerConfig::RateLimited(per_second);
        self
    }

    /// Samples with `sampler`.
    ///
    /// The sampler decides about each root, and about each child of a sampled or remote span. Spans
    /// inside an unsampled local span are not sampled either, and the sampler is not asked. The
    /// SDK's `AlwaysOn`, `AlwaysOff` and `TraceIdRatioBased` count as configuration.
    pub fn sampler(mut self, sampler: impl ShouldSample + 'static) -> Self {
        let any: &dyn Any = &sampler;
        let known = match any.downcast_ref::<Sampler>() {
            Some(Sampler::AlwaysOn) => Some(SamplerConfig::AlwaysOn),
            Some(Sampler::AlwaysOff) => Some(SamplerConfig::AlwaysOff),
            Some(Sampler::TraceIdRatioBased(ratio)) => {
                Some(SamplerConfig::TraceIdRatioBased(ratio.clamp(0.0, 1.0)))
            }
            _ => None,
        };
        self.code.sampler = match known {
            Some(known) => {
                self.config.sampler = known;
                None
            }
            None => Some(Box::new(sampler)),
        };
        self
    }

    /// Sets the longest time that a span waits for its batch to fill, at most a day. Default: 5 s.
    pub fn schedule_delay(mut self, delay: Duration) -> Self {
        self.config.batch.schedule_delay = delay;
        self
    }

    /// Sets the longest time of one export, retries included, at most a day. Default: 30 s. Zero
    /// means no limit.
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.config.batch.export_timeout = timeout;
        self
    }

    /// Sets the number of spans that can wait for their export, at least 1. Default: 2048.
    ///
    /// A span that does not fit is dropped and counted. An export has at most this number of spans,
    /// unless [`max_export_batch_size`](Self::max_export_batch_size) is set.
    pub fn max_queue_size(mut self, spans: usize) -> Self {
        self.config.batch.max_queue_size = spans;
        if let Some(size) = self.code.unset_batch_size {
            self.config.batch.max_export_batch_size = size.min(spans.max(1));
        }
        self
    }

    /// Sets the largest number of spans in one export, from 1 to the size of the queue. Default:
    /// 512, or the size of the queue if that is less.
    pub fn max_export_batch_size(mut self, spans: usize) -> Self {
        self.code.unset_batch_size = None;
        self.config.batch.max_export_batch_size = spans;
        self
    }

    /// Sets the memory that waiting spans can use, in bytes, as estimated, at least 1 KiB. Default:
    /// 64 MiB. A span that does not fit is dropped and counted.
    pub fn max_queue_bytes(mut self, bytes: usize) -> Self {
        self.config.batch.max_queue_bytes = bytes;
        self
    }

    /// Sets the number of exports that can run at once, from 1 to 64. Default: 1.
    pub fn max_concurrent_exports(mut self, exports: usize) -> Self {
        self.config.batch.max_concurrent_exports = exports;
        self
    }

    /// Sets the number of retries of an export that failed for a temporary reason, at most 1000.
    /// Default: 10.
    /// [`export_timeout`](Self::export_timeout) limits them too.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.config.batch.max_retries = retries;
        self
    }

    /// Sets the number of spans per trace in this process, at least 1. Default: no limit.
    ///
    /// The count of a trace starts again after all its spans here have ended. Spans above the limit
    /// are not made, and count as dropped.
    pub fn max_spans_per_trace(mut self, spans: u32) -> Self {
        self.config.limits.max_spans_per_trace = Some(spans);
        self
    }

    /// Sets the number of characters in a text attribute. Longer text is cut. Default: no limit.
    pub fn attribute_value_length_limit(mut self, characters: u32) -> Self {
        self.config.limits.attribute_value_length_limit = Some(characters);
        self
    }

    /// Enables `args(..)` of `#[traced]` on this tracer. Default: `true`.
    pub fn capture_arguments(mut self, capture: bool) -> Self {
        self.config.capture.arguments = capture;
        self
    }

    /// Enables `ret` of `#[traced]` on this tracer. Default: `true`.
    pub fn capture_results(mut self, capture: bool) -> Self {
        self.config.capture.results = capture;
        self
    }

    /// Returns the resource of the tracer.
    pub(in crate::registry) fn to_resource(&self) -> Resource {
        resource(&self.config, self.code.resource.as_ref())
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
