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
pub(crate) use self::resource::{AttributeValue, ServiceConfig};
pub(crate) use self::routes::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
pub(crate) use self::sampler::{ParentBasedConfig, SamplerConfig};
pub(crate) use self::tracer::TracerConfig;

/// Everything that a registry is built from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigModel {
    /// `enabled`, default `true`.
    pub(crate) enabled: bool,
    /// `default_tracer`; names an entry of `tracers`.
    pub(crate) default_tracer: String,
    pub(crate) unknown_tracer: UnknownTracerPolicy,
    pub(crate) on_switch: OnSwitch,
    pub(crate) remote_parent: RemoteParent,
    pub(crate) baggage: BaggageConfig,
    /// In file order; names are unique.
    pub(crate) tracers: Vec<TracerConfig>,
    /// In file order, the order in which they are tried.
    pub(crate) routes: Vec<RouteConfig>,
    /// In file order; names are unique.
    pub(crate) experiments: Vec<ExperimentConfig>,
}
