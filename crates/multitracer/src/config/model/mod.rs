//! The checked configuration: plain data, with every default filled in and every name resolved.

mod experiments;
mod exporter;
mod exporters;
mod limits;
mod policies;
mod resource;
mod routes;
mod sampler;
mod tracer;

pub(crate) use self::experiments::{ExperimentConfig, VariantConfig};
pub(crate) use self::exporter::{
    Compression, Encoding, ExporterConfig, ExporterHeader, FileConfig, OtlpGrpcConfig, OtlpHttpConfig,
    TlsConfig,
};
pub(crate) use self::exporters::Exporters;
pub(crate) use self::limits::{BatchConfig, CaptureConfig, LimitsConfig};
pub(crate) use self::policies::BaggageConfig;
pub use self::policies::{OnSwitch, RemoteParent, UnknownTracerPolicy};
pub(crate) use self::resource::{AttributeValue, ResourceAttributes, ServiceConfig};
pub(crate) use self::routes::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
pub(crate) use self::sampler::{ParentBasedConfig, SamplerConfig};
pub(crate) use self::tracer::TracerConfig;

/// A checked configuration, from which a registry is built.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigModel {
    /// `enabled`, default `true`.
    pub(crate) enabled: bool,
    /// The name of the default tracer, an entry of `tracers`.
    pub(crate) default_tracer: String,
    pub(crate) unknown_tracer: UnknownTracerPolicy,
    pub(crate) on_switch: OnSwitch,
    pub(crate) remote_parent: RemoteParent,
    pub(crate) baggage: BaggageConfig,
    /// The tracers in file order. Their names are unique.
    pub(crate) tracers: Vec<TracerConfig>,
    /// The routes in file order. The first match wins.
    pub(crate) routes: Vec<RouteConfig>,
    /// The experiments in file order. Their names are unique.
    pub(crate) experiments: Vec<ExperimentConfig>,
}
