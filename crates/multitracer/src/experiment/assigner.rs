//! An experiment of a registry, which assigns units to variants.

use std::fmt;
use std::sync::Arc;

use http::HeaderName;

use super::{Assignment, Reason, Split};
use crate::tracer::{Tracer, TracerCore};

/// A hash-based split of traffic into variants, each with its own tracer.
///
/// The same unit always gets the same variant, in every process and after every restart. The
/// algorithm is `murmur3_32_v1`, which the project's `docs/semantics.md` describes. Comes from
/// [`Registry::experiment`](crate::Registry::experiment).
///
/// ```
/// # use multitracer::Registry;
/// let registry = Registry::from_yaml("
/// default_tracer: production
/// defaults: {exporter: {console: {}}}
/// tracers: {production: {}, control: {}, variant_a: {}}
/// experiments:
///   prompt_tone:
///     variants: [{name: control, weight: 50}, {name: variant_a, weight: 50}]
/// ")?;
/// let assignment = registry.experiment("prompt_tone")?.assign("user-42");
/// assert_eq!(assignment.variant(), Some("variant_a"));
/// assert_eq!(assignment.tracer().name(), "variant_a");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Experiment {
    core: Arc<ExperimentCore>,
    fallback: Tracer,
}

/// The resolved configuration of an experiment, which its handles share.
pub(crate) struct ExperimentCore {
    pub(crate) name: Arc<str>,
    pub(crate) split: Split,
    pub(crate) variants: Vec<Variant>,
    pub(crate) fallback: Arc<TracerCore>,
    pub(crate) unit_header: Option<HeaderName>,
}

/// A variant of an experiment, with its tracer.
pub(crate) struct Variant {
    pub(crate) name: Arc<str>,
    pub(crate) tracer: Arc<TracerCore>,
}

impl Experiment {
    pub(crate) fn new(core: Arc<ExperimentCore>, fallback: Tracer) -> Self {
        Self { core, fallback }
    }

    /// Returns the experiment's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Returns the names of the variants, in the configuration's order.
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.core.variants.iter().map(|variant| &*variant.name)
    }

    /// Returns the weights of the variants, in the configuration's order.
    pub fn weights(&self) -> impl Iterator<Item = u32> {
        self.core.split.weights()
    }

    /// Returns the share of each variant's units that take part, from 0.0 to 1.0.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.core.split.coverage()
    }

    /// Assigns `unit` to a variant. The unit is the identity that is split, such as a user id.
    ///
    /// An empty unit gets the fallback. Its hash would put all requests without an identity into
    /// one variant.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # let registry = Registry::from_yaml("
    /// # default_tracer: production
    /// # tracers: {production: {exporter: console}, warm: {exporter: console}}
    /// # experiments: {tone: {variants: [{name: warm}]}}
    /// # ")?;
    /// let tone = registry.experiment("tone")?;
    /// assert_eq!(tone.assign("user-42").variant(), Some("warm"));
    /// assert_eq!(tone.assign("").variant(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn assign(&self, unit: &str) -> Assignment {
        self.assign_unit(Some(unit))
    }

    /// Returns the header that holds the unit, if the configuration names one.
    pub(crate) fn unit_header(&self) -> Option<&HeaderName> {
        self.core.unit_header.as_ref()
    }

    /// Returns an assignment to the variant of this name, which other code decided.
    ///
    /// The decision may come from an upstream service, a trusted header or an OpenFeature provider.
    /// `reason` is the reason of that decision, which spans record: [`Reason::TargetingMatch`] for
    /// a rule. Returns `None` if the experiment has no such variant.
    ///
    /// ```
    /// # use multitracer::experiment::Reason;
    /// # use multitracer::Registry;
    /// # let registry = Registry::from_yaml("
    /// # default_tracer: production
    /// # tracers: {production: {exporter: console}, warm: {exporter: console}}
    /// # experiments: {tone: {variants: [{name: warm}]}}
    /// # ")?;
    /// let tone = registry.experiment("tone")?;
    /// let forced = tone.with_variant("warm", Reason::TargetingMatch);
    /// let assignment = forced.unwrap_or_else(|| tone.assign("user-42"));
    /// assert_eq!(assignment.tracer().name(), "warm");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_variant(&self, variant: &str, reason: Reason) -> Option<Assignment> {
        let variant = self.core.variants.iter().find(|known| *known.name == *variant)?;
        Some(Assignment {
            experiment: Arc::clone(&self.core.name),
            variant: Some(Arc::clone(&variant.name)),
            reason,
            hash: 0,
            bucket: 0,
            tracer: self.fallback.sibling(Arc::clone(&variant.tracer)),
        })
    }

    /// Assigns a unit to a variant. `None` gets the fallback.
    pub(crate) fn assign_unit(&self, unit: Option<&str>) -> Assignment {
        let result = self.core.split.assign(unit);
        let variant = result.variant.and_then(|index| self.core.variants.get(index));
        let tracer = variant.map_or(&self.core.fallback, |variant| &variant.tracer);
        Assignment {
            experiment: Arc::clone(&self.core.name),
            variant: variant.map(|variant| Arc::clone(&variant.name)),
            reason: result.reason,
            hash: result.hash,
            bucket: result.bucket,
            tracer: self.fallback.sibling(Arc::clone(tracer)),
        }
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variants: Vec<_> = self.variants().collect();
        f.debug_struct("Experiment")
            .field("name", &self.name())
            .field("variants", &variants)
            .finish_non_exhaustive()
    }
}
