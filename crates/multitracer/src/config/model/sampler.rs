//! Samplers.

/// `sampler`, or the short form `sample_rate`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SamplerConfig {
    AlwaysOn,
    AlwaysOff,
    /// A ratio within 0.0..=1.0.
    TraceIdRatioBased(f64),
    ParentBased(Box<ParentBasedConfig>),
    /// The most traces per second, at least one. OpenTelemetry's configuration has no such sampler.
    RateLimited(u32),
}

/// The five delegates of a `parent_based` sampler, with the specification's defaults.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParentBasedConfig {
    pub(crate) root: SamplerConfig,
    pub(crate) remote_parent_sampled: SamplerConfig,
    pub(crate) remote_parent_not_sampled: SamplerConfig,
    pub(crate) local_parent_sampled: SamplerConfig,
    pub(crate) local_parent_not_sampled: SamplerConfig,
}

impl ParentBasedConfig {
    /// Returns a sampler that asks `root` for roots. A child follows its parent.
    pub(crate) fn with_root(root: SamplerConfig) -> Self {
        Self {
            root,
            remote_parent_sampled: SamplerConfig::AlwaysOn,
            remote_parent_not_sampled: SamplerConfig::AlwaysOff,
            local_parent_sampled: SamplerConfig::AlwaysOn,
            local_parent_not_sampled: SamplerConfig::AlwaysOff,
        }
    }
}

impl Default for SamplerConfig {
    /// Returns `parent_based: {root: always_on}`, the specification's default.
    fn default() -> Self {
        Self::ParentBased(Box::new(ParentBasedConfig::with_root(Self::AlwaysOn)))
    }
}
