//! Experiments, with their variants.

/// One entry of `experiments`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExperimentConfig {
    pub(crate) name: String,
    /// The header of the unit in lower case. `None` if the caller supplies the unit.
    pub(crate) unit_header: Option<String>,
    /// The text before the unit in the hash; default the experiment's name.
    pub(crate) salt: String,
    /// The share of units that take part, within 0.0..=1.0; default 1.0.
    pub(crate) coverage: f64,
    /// The arms, at least one. Their weights sum to 1..=2^31-1.
    pub(crate) variants: Vec<VariantConfig>,
    /// The tracer of requests that do not take part; default the default tracer.
    pub(crate) fallback: String,
}

/// One arm of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VariantConfig {
    pub(crate) name: String,
    pub(crate) weight: u32,
    /// The tracer's name. Default: the variant's name.
    pub(crate) tracer: String,
}
