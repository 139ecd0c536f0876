//! From checked configuration to running tracers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use once_cell::sync::OnceCell;
use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanLimits};

use super::builder::RegistryBuilder;
use super::spec::{Plan, Spec};
use super::tracer_builder::{OwnExporter, TracerBuilder};
use crate::config::model::{
    ConfigModel, ExporterConfig, LimitsConfig, OtlpGrpcConfig, OtlpHttpConfig, SamplerConfig, TracerConfig,
};
use crate::config::secret::shown_url;
use crate::export::{
    ConnectionPool, ConsoleExporter, Destination, ExportRuntime, Exporter, ExporterError, Pipeline,
    PipelineProcessor,
};
use crate::registry::error::BuildError;
use crate::registry::handle::{Inner, NEXT_ID, Registry};
use crate::registry::snapshot::{Built, Snapshot};
use crate::tracer::{
    Counts, EnabledFlag, NameId, Sampling, SharedSampling, SpanLimit, TracerCore, TracerId, TracerInfo,
};

impl RegistryBuilder {
    /// Checks everything, sets up the exporters and makes the registry.
    ///
    /// Opens no connection: exporters connect at their first export. If `MULTITRACER_ENABLED=false` or
    /// `OTEL_SDK_DISABLED=true` is set, the registry is off.
    ///
    /// # Errors
    ///
    /// When a name is unknown or used twice, a value is out of range, or an exporter cannot be set up.
    pub fn build(self) -> Result<Registry, BuildError> {
        let Plan { model, tracers, origin } = Plan::new(self)?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let runtime = OnceCell::new();
        let mut built = Vec::with_capacity(tracers.len());
        for tracer in tracers {
            built.push(build_tracer(tracer, &model, id, &runtime)?);
        }
        let snapshot = Snapshot::new(Arc::new(model), built);
        Ok(Registry { inner: Arc::new(Inner::new(id, snapshot, runtime, origin)) })
    }
}

/// A tracer as its configuration says. One that is off gets no exporter, and is kept for when it is switched on.
pub(in crate::registry) fn build_tracer(
    mut tracer: TracerBuilder,
    model: &ConfigModel,
    registry: u64,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Built, BuildError> {
    let spec = Spec::new(&tracer, model);
    if spec.enabled {
        return Ok(Built { core: build_on(&mut tracer, registry, runtime)?, spec: Arc::new(spec) });
    }
    let off = Parts {
        info: info(&tracer),
        pipeline: Pipeline::off(),
        sampling: Sampling::new(&SamplerConfig::AlwaysOff),
        resource: tracer.resource_of(),
        on: false,
    };
    let core = assemble(off, &tracer.config, registry);
    Ok(Built { core, spec: Arc::new(spec.waiting(tracer)) })
}

/// A tracer that is on, whatever its configuration says. What only code can give is taken out of `tracer`, but not where
/// this fails.
pub(in crate::registry) fn build_on(
    tracer: &mut TracerBuilder,
    registry: u64,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Arc<TracerCore>, BuildError> {
    let info = info(tracer);
    let resource = tracer.resource_of();
    let TracerBuilder { config, own } = tracer;
    let pipeline = pipeline(&info.name, config, &mut own.exporters, &resource, runtime)?;
    let sampling = own.sampler.take().map_or_else(|| Sampling::new(&config.sampler), Sampling::custom);
    Ok(assemble(Parts { info, pipeline, sampling, resource, on: true }, config, registry))
}

struct Parts {
    info: TracerInfo,
    pipeline: Pipeline,
    sampling: Sampling,
    resource: Resource,
    on: bool,
}

fn assemble(parts: Parts, config: &TracerConfig, registry: u64) -> Arc<TracerCore> {
    let Parts { info, pipeline, sampling, resource, on } = parts;
    let (pipeline, sampling) = (Arc::new(pipeline), Arc::new(sampling));
    let ending = PipelineProcessor::new(Arc::clone(&pipeline), config.limits.attribute_value_length_limit);
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(SharedSampling(Arc::clone(&sampling)))
        .with_span_limits(limits(&config.limits))
        .with_span_processor(ending)
        .build();
    let scope = InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION")).build();
    Arc::new(TracerCore {
        id: TracerId::new(registry, NameId::of(&info.name)),
        info,
        capture: config.capture,
        pipeline,
        sdk: provider.tracer_with_scope(scope),
        provider,
        sampling,
        span_limit: config.limits.max_spans_per_trace.map(|most| Arc::new(SpanLimit::new(most))),
        counts: Counts::default(),
        enabled: EnabledFlag::new(on),
    })
}

fn info(tracer: &TracerBuilder) -> TracerInfo {
    let TracerBuilder { config, own } = tracer;
    TracerInfo {
        name: config.name.as_str().into(),
        project: config.project.as_str().into(),
        environment: config.environment.as_deref().map(Into::into),
        exporter: labels(config, &own.exporters).join(", "),
        sampler: match &own.sampler {
            Some(_) => "custom".to_owned(),
            None => describe_sampler(&config.sampler),
        },
    }
}

/// What each exporter is called, no two alike.
fn labels(config: &TracerConfig, own: &BTreeMap<usize, OwnExporter>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for (position, exporter) in config.exporters.iter().enumerate() {
        let label = match own.get(&position) {
            Some(OwnExporter::Memory(_)) => "memory".to_owned(),
            Some(OwnExporter::Custom(_)) => "custom".to_owned(),
            None => describe_exporter(exporter),
        };
        let alike = labels.contains(&label);
        labels.push(if alike { format!("{label} #{}", position + 1) } else { label });
    }
    labels
}

/// Takes what it needs out of `own`, once nothing can fail any more.
fn pipeline(
    name: &Arc<str>,
    config: &TracerConfig,
    own: &mut BTreeMap<usize, OwnExporter>,
    resource: &Resource,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Pipeline, BuildError> {
    let labels = labels(config, own).into_iter().map(Arc::from);
    let in_memory = |position: usize| matches!(own.get(&position), Some(OwnExporter::Memory(_)));
    if (0..labels.len()).all(in_memory) {
        let destinations =
            labels.zip(std::mem::take(own)).filter_map(|(label, (_, exporter))| match exporter {
                OwnExporter::Memory(exporter) => Some(Destination::memory(label, exporter)),
                OwnExporter::Custom(_) => None,
            });
        return Ok(Pipeline::new(destinations.collect()));
    }
    let runtime = runtime.get_or_try_init(ExportRuntime::start).map_err(BuildError::Runtime)?;
    let _entered = runtime.enter();
    let mut made = Vec::new();
    for (position, exporter) in config.exporters.iter().enumerate() {
        made.push(match own.contains_key(&position) {
            true => None,
            false => {
                Some(configured(config, exporter, resource, runtime.connection_pool()).map_err(|error| {
                    BuildError::Exporter { tracer: config.name.clone(), reason: error.to_string() }
                })?)
            }
        });
    }
    let mut destinations = Vec::with_capacity(made.len());
    for (position, (label, made)) in labels.zip(made).enumerate() {
        let exporter = match (made, own.remove(&position)) {
            (Some(made), _) => made,
            (None, Some(OwnExporter::Custom(make))) => make(resource),
            (None, Some(OwnExporter::Memory(exporter))) => {
                destinations.push(Destination::memory(label, exporter));
                continue;
            }
            (None, None) => continue,
        };
        destinations.push(Destination::start(name, label, position, &config.batch, exporter, runtime));
    }
    Ok(Pipeline::new(destinations))
}

fn configured(
    config: &TracerConfig,
    exporter: &ExporterConfig,
    resource: &Resource,
    clients: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    if let ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, .. })
    | ExporterConfig::OtlpGrpc(OtlpGrpcConfig { endpoint, .. }) = exporter
        && shown_url(endpoint).len() < endpoint.split('?').next().unwrap_or_default().len()
    {
        let reason =
            "the endpoint has a user name in it; send credentials as a header (`authorization`) instead";
        return Err(ExporterError(reason.to_owned()));
    }
    match exporter {
        ExporterConfig::Console => {
            Ok(ConsoleExporter::exporter(format!("[{}] project {}", config.name, config.project)))
        }
        #[cfg(feature = "otlp-http")]
        ExporterConfig::OtlpHttp(otlp) => crate::export::otlp_http(otlp, resource, clients),
        #[cfg(feature = "otlp-grpc")]
        ExporterConfig::OtlpGrpc(otlp) => crate::export::otlp_grpc(otlp, resource, clients),
        #[cfg(feature = "otlp-file")]
        ExporterConfig::File(file) => crate::export::otlp_file(file, resource, clients),
        #[cfg(not(all(feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")))]
        other => {
            let _ = (resource, clients);
            let (exporter, feature) = match other {
                ExporterConfig::OtlpGrpc(_) => ("otlp_grpc", "otlp-grpc"),
                ExporterConfig::File(_) => ("file", "otlp-file"),
                _ => ("otlp_http", "otlp-http"),
            };
            Err(ExporterError(format!("exporter `{exporter}` needs the cargo feature `{feature}`")))
        }
    }
}

fn limits(config: &LimitsConfig) -> SpanLimits {
    SpanLimits {
        max_events_per_span: config.event_count_limit,
        max_attributes_per_span: config.attribute_count_limit,
        max_links_per_span: config.link_count_limit,
        max_attributes_per_event: config.event_attribute_count_limit,
        max_attributes_per_link: config.link_attribute_count_limit,
    }
}

/// Kind and endpoint, without a user name or password in the URL.
fn describe_exporter(config: &ExporterConfig) -> String {
    let (kind, endpoint) = match config {
        ExporterConfig::Console => return "console".to_owned(),
        ExporterConfig::File(config) => return format!("file {}", config.path),
        ExporterConfig::OtlpHttp(config) => ("otlp_http", &config.endpoint),
        ExporterConfig::OtlpGrpc(config) => ("otlp_grpc", &config.endpoint),
    };
    format!("{kind} {}", shown_url(endpoint))
}

fn describe_sampler(config: &SamplerConfig) -> String {
    match config {
        SamplerConfig::AlwaysOn => "always_on".to_owned(),
        SamplerConfig::AlwaysOff => "always_off".to_owned(),
        SamplerConfig::TraceIdRatioBased(ratio) => format!("trace_id_ratio_based({ratio})"),
        SamplerConfig::RateLimited(per_second) => format!("rate_limited({per_second})"),
        SamplerConfig::ParentBased(delegates) => {
            format!("parent_based({})", describe_sampler(&delegates.root))
        }
    }
}
