//! Experiments, with their variants.

/// One entry of `experiments`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExperimentConfig {
    pub(crate) name: String,
    /// `unit: {header: ..}` in lower case; `None`: the caller supplies the unit.
    pub(crate) unit_header: Option<String>,
    /// Default the experiment's name.
    pub(crate) salt: String,
    /// Within 0.0..=1.0, default 1.0.
    pub(crate) coverage: f64,
    /// At least one; the weights sum to 1..=2^31-1.
    pub(crate) variants: Vec<VariantConfig>,
    /// A tracer's name; default the default tracer.
    pub(crate) fallback: String,
}

/// One arm of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VariantConfig {
    pub(crate) name: String,
    pub(crate) weight: u32,
    /// A tracer's name; default the variant's own name.
    pub(crate) tracer: String,
}
