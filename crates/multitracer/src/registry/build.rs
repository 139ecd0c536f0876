//! From checked configuration to running tracers.

use std::collections::HashMap;
use std::env;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use once_cell::sync::OnceCell;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, Key};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, SdkTracerProvider, ShouldSample, SpanLimits};

use super::builder::RegistryBuilder;
use super::error::BuildError;
use super::snapshot::{ResolvedRoute, ResolvedTarget, Snapshot};
use super::tracer_builder::{OwnExporter, TracerBuilder};
use super::{Inner, NEXT_ID, Registry};
use crate::config::model::{
    BaggageConfig, ConfigModel, ExporterConfig, LimitsConfig, OtlpGrpcConfig, OtlpHttpConfig, RouteTarget,
    SamplerConfig, TracerConfig,
};
use crate::config::{ConfigError, check, rules};
use crate::experiment::{ExperimentCore, Split};
use crate::export::{ConsoleExporter, Ending, ExportRuntime, Exporter, ExporterError, Pipeline};
use crate::routing::Router;
use crate::tracer::{About, Counts, NameId, Switch, TracerCore, TracerId};

pub(super) fn build(builder: RegistryBuilder) -> Result<Registry, BuildError> {
    let RegistryBuilder { mut model, tracers } = builder;
    complete(&mut model, &tracers);
    let mut flaws = check::model(&model);
    flaws.extend(check::values(&model));
    if !flaws.is_empty() {
        return Err(ConfigError::in_code(flaws).into());
    }
    let enabled = model.enabled && !switched_off();
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let runtime = OnceCell::new();
    let mut cores = Vec::with_capacity(tracers.len());
    for tracer in tracers {
        cores.push(Arc::new(build_tracer(tracer, &model, id, enabled, &runtime)?));
    }
    let snapshot = ArcSwap::from_pointee(snapshot(&model, cores));
    let inner = Inner { snapshot, runtime: Arc::new(runtime), unknown: 0.into(), warned: Mutex::default() };
    Ok(Registry { inner: Arc::new(inner) })
}

/// Whether the environment says that there is to be no tracing.
fn switched_off() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(wanted));
    is("MULTITRACER_ENABLED", "false") || is("OTEL_SDK_DISABLED", "true")
}

/// Puts the tracers' own descriptions into the model, and the defaults that depend on them.
fn complete(model: &mut ConfigModel, tracers: &[TracerBuilder]) {
    model.tracers = tracers.iter().map(|tracer| tracer.config.clone()).collect();
    if let ([only], true) = (tracers, model.default_tracer.is_empty()) {
        only.name().clone_into(&mut model.default_tracer);
    }
    for experiment in &mut model.experiments {
        if experiment.fallback.is_empty() {
            experiment.fallback.clone_from(&model.default_tracer);
        }
    }
}

fn build_tracer(
    tracer: TracerBuilder,
    model: &ConfigModel,
    registry: u64,
    enabled: bool,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<TracerCore, BuildError> {
    let resource = tracer.resource_of();
    let TracerBuilder { config, own } = tracer;
    let enabled = enabled && config.enabled;
    let name: Arc<str> = config.name.as_str().into();
    let about = About {
        name: Arc::clone(&name),
        project: config.project.as_str().into(),
        environment: config.environment.as_deref().map(Into::into),
        exporter: match &own.exporter {
            Some(OwnExporter::Memory(_)) => "memory".to_owned(),
            Some(OwnExporter::Custom(_)) => "custom".to_owned(),
            None => describe_exporter(&config.exporter),
        },
        sampler: match &own.sampler {
            Some(_) => "custom".to_owned(),
            None => describe_sampler(&config.sampler),
        },
    };
    let pipeline =
        if enabled { pipeline(&name, &config, own.exporter, &resource, runtime)? } else { Pipeline::off() };
    let pipeline = Arc::new(pipeline);
    let sampler = own.sampler.unwrap_or_else(|| sampler(&config.sampler));
    let ending = Ending::new(Arc::clone(&pipeline), config.limits.attribute_value_length_limit);
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler)
        .with_span_limits(limits(&config.limits))
        .with_span_processor(ending)
        .build();
    let scope = InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION")).build();
    Ok(TracerCore {
        id: TracerId { registry, name: NameId::of(&name) },
        about,
        capture: config.capture,
        pipeline,
        on_switch: model.on_switch,
        remote_parent: model.remote_parent,
        baggage: copied(&model.baggage),
        sdk: provider.tracer_with_scope(scope),
        provider,
        counts: Counts::default(),
        switch: Switch::new(enabled),
    })
}

/// What each span takes from the baggage; nothing, most often.
fn copied(config: &BaggageConfig) -> Box<[(Key, Key)]> {
    config
        .attributes
        .iter()
        .map(|(entry, attribute)| (entry.clone().into(), attribute.clone().into()))
        .collect()
}

fn pipeline(
    name: &Arc<str>,
    config: &TracerConfig,
    own: Option<OwnExporter>,
    resource: &Resource,
    runtime: &OnceCell<ExportRuntime>,
) -> Result<Pipeline, BuildError> {
    let exporter = match own {
        Some(OwnExporter::Memory(exporter)) => return Ok(Pipeline::memory(exporter)),
        Some(OwnExporter::Custom(make)) => Some(make),
        None => None,
    };
    let runtime = runtime.get_or_try_init(ExportRuntime::start).map_err(BuildError::Runtime)?;
    let _entered = runtime.enter();
    let exporter = match exporter {
        Some(make) => make(resource),
        None => configured(config, resource).map_err(|error| BuildError::Exporter {
            tracer: config.name.clone(),
            reason: error.to_string(),
        })?,
    };
    Ok(Pipeline::start(name, &config.batch, exporter, runtime))
}

fn configured(config: &TracerConfig, resource: &Resource) -> Result<Arc<dyn Exporter>, ExporterError> {
    if let ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, .. })
    | ExporterConfig::OtlpGrpc(OtlpGrpcConfig { endpoint, .. }) = &config.exporter
        && rules::shown_url(endpoint).len() < endpoint.split('?').next().unwrap_or_default().len()
    {
        let reason =
            "the endpoint has a user name in it; send credentials as a header (`authorization`) instead";
        return Err(ExporterError(reason.to_owned()));
    }
    match &config.exporter {
        ExporterConfig::Console => {
            Ok(ConsoleExporter::exporter(format!("[{}] project {}", config.name, config.project)))
        }
        #[cfg(feature = "otlp-http")]
        ExporterConfig::OtlpHttp(otlp) => crate::export::otlp_http(otlp, resource),
        #[cfg(feature = "otlp-grpc")]
        ExporterConfig::OtlpGrpc(otlp) => crate::export::otlp_grpc(otlp, resource),
        #[cfg(not(all(feature = "otlp-http", feature = "otlp-grpc")))]
        other => {
            let _ = resource;
            let (exporter, feature) = match other {
                ExporterConfig::OtlpGrpc(_) => ("otlp_grpc", "otlp-grpc"),
                _ => ("otlp_http", "otlp-http"),
            };
            Err(ExporterError(format!("exporter `{exporter}` needs the cargo feature `{feature}`")))
        }
    }
}

fn sampler(config: &SamplerConfig) -> Box<dyn ShouldSample> {
    match config {
        SamplerConfig::AlwaysOn => Box::new(Sampler::AlwaysOn),
        SamplerConfig::AlwaysOff => Box::new(Sampler::AlwaysOff),
        SamplerConfig::TraceIdRatioBased(ratio) => Box::new(Sampler::TraceIdRatioBased(*ratio)),
        SamplerConfig::ParentBased(delegates) => Box::new(
            ParentBasedSampler::new(sampler(&delegates.root))
                .with_remote_parent_sampled(sampler(&delegates.remote_parent_sampled))
                .with_remote_parent_not_sampled(sampler(&delegates.remote_parent_not_sampled))
                .with_local_parent_sampled(sampler(&delegates.local_parent_sampled))
                .with_local_parent_not_sampled(sampler(&delegates.local_parent_not_sampled)),
        ),
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
        ExporterConfig::OtlpHttp(config) => ("otlp_http", &config.endpoint),
        ExporterConfig::OtlpGrpc(config) => ("otlp_grpc", &config.endpoint),
    };
    format!("{kind} {}", rules::shown_url(endpoint))
}

fn describe_sampler(config: &SamplerConfig) -> String {
    match config {
        SamplerConfig::AlwaysOn => "always_on".to_owned(),
        SamplerConfig::AlwaysOff => "always_off".to_owned(),
        SamplerConfig::TraceIdRatioBased(ratio) => format!("trace_id_ratio_based({ratio})"),
        SamplerConfig::ParentBased(delegates) => {
            format!("parent_based({})", describe_sampler(&delegates.root))
        }
    }
}

/// Every name of `model` has been checked, so that each look-up here finds something.
fn snapshot(model: &ConfigModel, tracers: Vec<Arc<TracerCore>>) -> Snapshot {
    let by_name: HashMap<Arc<str>, usize> =
        tracers.iter().enumerate().map(|(at, core)| (Arc::clone(&core.about.name), at)).collect();
    let mut by_id = Vec::new();
    for (at, core) in tracers.iter().enumerate() {
        let id = core.id.name.index();
        if by_id.len() <= id {
            by_id.resize(id + 1, None);
        }
        by_id[id] = Some(at);
    }
    let default = by_name.get(model.default_tracer.as_str()).copied().unwrap_or(0);
    let named = |name: &str| Arc::clone(&tracers[by_name.get(name).copied().unwrap_or(default)]);
    let experiments: Vec<Arc<ExperimentCore>> = model
        .experiments
        .iter()
        .map(|experiment| {
            Arc::new(ExperimentCore {
                name: experiment.name.as_str().into(),
                split: Split::new(experiment),
                arms: experiment
                    .variants
                    .iter()
                    .map(|variant| (variant.name.as_str().into(), named(&variant.tracer)))
                    .collect(),
                fallback: named(&experiment.fallback),
                unit_header: experiment.unit_header.as_deref().and_then(|name| name.parse().ok()),
            })
        })
        .collect();
    let routes = model
        .routes
        .iter()
        .map(|route| {
            let target = match &route.target {
                RouteTarget::Tracer(name) => ResolvedTarget::Tracer(named(name)),
                RouteTarget::Experiment(name) => {
                    match experiments.iter().find(|experiment| *experiment.name == **name) {
                        Some(experiment) => ResolvedTarget::Experiment(Arc::clone(experiment)),
                        None => ResolvedTarget::Tracer(named(&model.default_tracer)),
                    }
                }
            };
            ResolvedRoute { name: route.name.as_str().into(), target }
        })
        .collect();
    Snapshot {
        router: Router::new(&model.routes),
        routes,
        experiments,
        by_name,
        by_id,
        default,
        unknown_tracer: model.unknown_tracer,
        trusted_baggage: model.baggage.trusted,
        tracers,
    }
}
