//! One tracer.

use super::exporters::Exporters;
use super::limits::{BatchConfig, CaptureConfig, LimitsConfig};
use super::resource::{ResourceAttributes, ServiceConfig};
use super::sampler::SamplerConfig;

/// One entry of `tracers`, with unset keys taken from `defaults`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracerConfig {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// `project`, default the tracer's name.
    pub(crate) project: String,
    /// The resource attribute with the project, default `project.name`; empty for none.
    pub(crate) project_attribute: String,
    /// `environment` (or `source`), recorded as `deployment.environment.name`.
    pub(crate) environment: Option<String>,
    pub(crate) service: ServiceConfig,
    /// `resource.attributes`, merged with those of `defaults`.
    pub(crate) resource: ResourceAttributes,
    pub(crate) sampler: SamplerConfig,
    pub(crate) limits: LimitsConfig,
    pub(crate) exporters: Exporters,
    pub(crate) batch: BatchConfig,
    pub(crate) capture: CaptureConfig,
}
