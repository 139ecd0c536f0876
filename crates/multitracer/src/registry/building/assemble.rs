//! The assembly of running tracers from a checked configuration.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use once_cell::sync::OnceCell;
use opentelemetry_sdk::Resource;

use super::builder::RegistryBuilder;
use super::spec::{Plan, Spec};
use super::tracer_builder::{CodeExporter, TracerBuilder};
use crate::config::model::{
    ConfigModel, ExporterConfig, LimitsConfig, OtlpGrpcConfig, OtlpHttpConfig, SamplerConfig, TracerConfig,
};
use crate::config::secret::shown_url;
use crate::export::{
    ConsoleExporter, Destination, ExportRuntime, Exporter, ExporterBuildError, Pause, Pipeline, SpanSinks,
};
use crate::record::RecordLimits;
use crate::registry::error::BuildError;
use crate::registry::handle::{Inner, NEXT_ID, Registry};
use crate::registry::snapshot::{Built, Snapshot};
use crate::tracer::{BuildEntry, EnabledFlag, NameId, Sampling, SpanLimit, TracerCore, TracerInfo};

impl RegistryBuilder {
    /// Checks the configuration, sets up the exporters and returns the registry.
    ///
    /// Opens no connection: exporters connect at their first export. If `MULTITRACER_ENABLED=false`
    /// or `OTEL_SDK_DISABLED=true` is set, the registry is disabled.
    ///
    /// # Errors
    ///
    /// Returns an error if a name is unknown or stands twice, or if a value is out of range. Also
    /// returns an error if an exporter cannot be set up.
    pub fn build(self) -> Result<Registry, BuildError> {
        let Plan { model, tracers, file_origin } = Plan::new(self)?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let runtime = OnceCell::new();
        let mut built = Vec::with_capacity(tracers.len());
        for tracer in tracers {
            built.push(build_tracer(tracer, &model, id, &runtime)?);
        }
        let snapshot = Snapshot::new(Arc::new(model), built);
        Ok(Registry::new(Inner::new(id, snapshot, runtime, file_origin)))
    }
}

/// Builds a tracer by its configuration.
///
/// A disabled tracer gets no exporter. Its specification keeps the builder, for the time when code
/// enables the tracer.
pub(in crate::registry) fn build_tracer(
    mut tracer: TracerBuilder,
    model: &ConfigModel,
    registry: u64,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Built, BuildError> {
    let spec = Spec::new(&tracer, model);
    if spec.is_enabled {
        return Ok(Built { core: build_enabled(&mut tracer, registry, runtime)?, spec: Arc::new(spec) });
    }
    let disabled = Parts {
        info: info(&tracer),
        pipeline: Pipeline::off(),
        sampling: Sampling::new(&SamplerConfig::AlwaysOff),
        is_enabled: false,
    };
    let core = assemble(disabled, &tracer.config, registry);
    Ok(Built { core, spec: Arc::new(spec.with_builder(tracer)) })
}

/// Builds an enabled tracer, even if its configuration disables it.
///
/// Takes the exporters and the sampler that code gave out of `tracer`, except on an error.
pub(in crate::registry) fn build_enabled(
    tracer: &mut TracerBuilder,
    registry: u64,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Arc<TracerCore>, BuildError> {
    let info = info(tracer);
    let resource = tracer.to_resource();
    let TracerBuilder { config, code } = tracer;
    let pipeline = pipeline(&info.name, config, &mut code.exporters, &resource, runtime)?;
    let sampling = code.sampler.take().map_or_else(|| Sampling::new(&config.sampler), Sampling::custom);
    Ok(assemble(Parts { info, pipeline, sampling, is_enabled: true }, config, registry))
}

/// The parts that an enabled and a disabled tracer do not share.
struct Parts {
    info: TracerInfo,
    pipeline: Pipeline,
    sampling: Sampling,
    is_enabled: bool,
}

fn assemble(parts: Parts, config: &TracerConfig, registry: u64) -> Arc<TracerCore> {
    let Parts { info, pipeline, sampling, is_enabled } = parts;
    let pipeline = Arc::new(pipeline);
    let build = BuildEntry::new(registry, NameId::of(&info.name));
    Arc::new(TracerCore {
        build,
        info,
        capture: config.capture,
        sinks: SpanSinks::new(&pipeline, limits(&config.limits)),
        pipeline,
        sampling,
        span_limit: config.limits.max_spans_per_trace.map(|limit| Arc::new(SpanLimit::new(limit))),
        enabled: EnabledFlag::new(is_enabled),
    })
}

fn info(tracer: &TracerBuilder) -> TracerInfo {
    let TracerBuilder { config, code } = tracer;
    TracerInfo {
        name: config.name.as_str().into(),
        project: config.project.as_str().into(),
        environment: config.environment.as_deref().map(Into::into),
        exporter: labels(config, &code.exporters).join(", "),
        sampler: match &code.sampler {
            Some(_) => "custom".to_owned(),
            None => describe_sampler(&config.sampler),
        },
    }
}

/// Returns a unique label for each exporter, by position.
fn labels(config: &TracerConfig, from_code: &BTreeMap<usize, CodeExporter>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for (position, exporter) in config.exporters.iter().enumerate() {
        let label = match from_code.get(&position) {
            Some(CodeExporter::Memory(_)) => "memory".to_owned(),
            Some(CodeExporter::Custom(_)) => "custom".to_owned(),
            None => describe_exporter(exporter),
        };
        let is_taken = labels.contains(&label);
        labels.push(if is_taken { format!("{label} #{}", position + 1) } else { label });
    }
    labels
}

/// Builds the pipeline of a tracer.
///
/// Takes the exporters out of `from_code` only after every step that can fail.
fn pipeline(
    name: &Arc<str>,
    config: &TracerConfig,
    from_code: &mut BTreeMap<usize, CodeExporter>,
    resource: &Resource,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Pipeline, BuildError> {
    let labels = labels(config, from_code).into_iter().map(Arc::from);
    let in_memory = |position: usize| matches!(from_code.get(&position), Some(CodeExporter::Memory(_)));
    if (0..labels.len()).all(in_memory) {
        let destinations =
            labels.zip(std::mem::take(from_code)).filter_map(|(label, (_, exporter))| match exporter {
                CodeExporter::Memory(exporter) => Some(Destination::memory(label, exporter)),
                CodeExporter::Custom(_) => None,
            });
        return Ok(Pipeline::new(destinations.collect()));
    }
    let runtime = runtime.get_or_try_init(ExportRuntime::start).map_err(BuildError::Runtime)?;
    let _entered = runtime.enter();
    let has_custom = from_code.values().any(|exporter| matches!(exporter, CodeExporter::Custom(_)));
    let user_threads = has_custom.then(|| runtime.user_threads()).transpose().map_err(BuildError::Runtime)?;
    let mut configured_exporters = Vec::new();
    for (position, exporter) in config.exporters.iter().enumerate() {
        configured_exporters.push(match from_code.contains_key(&position) {
            true => None,
            false => Some(configured(config, exporter, resource, runtime).map_err(|error| {
                BuildError::Exporter { tracer: config.name.clone(), reason: error.to_string() }
            })?),
        });
    }
    let mut pauses = Vec::new();
    let mut destinations = Vec::with_capacity(configured_exporters.len());
    for (position, (label, configured)) in labels.zip(configured_exporters).enumerate() {
        let exporter = match (configured, from_code.remove(&position)) {
            (Some(exporter), _) => exporter,
            (None, Some(CodeExporter::Custom(factory))) => match user_threads {
                Some(threads) => factory(resource, threads),
                None => continue,
            },
            (None, Some(CodeExporter::Memory(exporter))) => {
                destinations.push(Destination::memory(label, exporter));
                continue;
            }
            (None, None) => continue,
        };
        let pause = pause_of(config.exporters.iter().nth(position), &mut pauses);
        destinations.push(Destination::start(name, label, position, &config.batch, exporter, pause, runtime));
    }
    Ok(Pipeline::new(destinations))
}

/// Returns the pause of an exporter, which it shares with the exporters of the same endpoint.
fn pause_of<'c>(exporter: Option<&'c ExporterConfig>, pauses: &mut Vec<(&'c str, Arc<Pause>)>) -> Arc<Pause> {
    let (Some(ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, .. }))
    | Some(ExporterConfig::OtlpGrpc(OtlpGrpcConfig { endpoint, .. }))) = exporter
    else {
        return Arc::default();
    };
    if let Some((_, pause)) = pauses.iter().find(|(known, _)| known == endpoint) {
        return Arc::clone(pause);
    }
    let pause = Arc::<Pause>::default();
    pauses.push((endpoint, Arc::clone(&pause)));
    pause
}

/// Sets up an exporter by its configuration.
fn configured(
    config: &TracerConfig,
    exporter: &ExporterConfig,
    resource: &Resource,
    runtime: &ExportRuntime,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    if let ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, .. })
    | ExporterConfig::OtlpGrpc(OtlpGrpcConfig { endpoint, .. }) = exporter
        && shown_url(endpoint).len() < endpoint.split('?').next().unwrap_or_default().len()
    {
        let reason =
            "the endpoint has a user name in it; send credentials as a header (`authorization`) instead";
        return Err(ExporterBuildError(reason.to_owned()));
    }
    let write_threads = || {
        runtime.write_threads().map_err(|error| ExporterBuildError(format!("cannot start threads: {error}")))
    };
    match exporter {
        ExporterConfig::Console => {
            let heading = format!("[{}] project {}", config.name, config.project);
            Ok(ConsoleExporter::exporter(heading, write_threads()?))
        }
        #[cfg(feature = "otlp-http")]
        ExporterConfig::OtlpHttp(otlp) => crate::export::otlp_http(otlp, resource, runtime.connection_pool()),
        #[cfg(feature = "otlp-grpc")]
        ExporterConfig::OtlpGrpc(otlp) => crate::export::otlp_grpc(otlp, resource, runtime.connection_pool()),
        #[cfg(feature = "otlp-file")]
        ExporterConfig::File(file) => {
            crate::export::otlp_file(file, resource, runtime.connection_pool(), write_threads()?)
        }
        #[cfg(not(all(feature = "otlp-http", feature = "otlp-grpc", feature = "otlp-file")))]
        other => {
            let _ = (resource, runtime.connection_pool());
            let (exporter, feature) = match other {
                ExporterConfig::OtlpGrpc(_) => ("otlp_grpc", "otlp-grpc"),
                ExporterConfig::File(_) => ("file", "otlp-file"),
                _ => ("otlp_http", "otlp-http"),
            };
            Err(ExporterBuildError(format!("exporter `{exporter}` needs the cargo feature `{feature}`")))
        }
    }
}

fn limits(config: &LimitsConfig) -> RecordLimits {
    RecordLimits {
        attributes: config.attribute_count_limit,
        events: config.event_count_limit,
        links: config.link_count_limit,
        attributes_per_event: config.event_attribute_count_limit,
        attributes_per_link: config.link_attribute_count_limit,
        value_length: config.attribute_value_length_limit,
    }
}

/// Returns the kind and the endpoint of an exporter, without a user name or password in the URL.
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
