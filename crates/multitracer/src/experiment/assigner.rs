//! An experiment of a registry, and what it gave a unit.

use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use super::{Reason, Split, exposure};
use crate::tracer::{AsTracer, RecordedDecision, Tracer, TracerChoice, TracerCore};

/// A hash-based split of traffic over variants, each with a tracer of its own.
///
/// Comes from [`Registry::experiment`](crate::Registry::experiment). The same unit always gets the same variant, in every process
/// and after every restart: the algorithm is `murmur3_32_v1`, see the project's `docs/semantics.md`.
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

pub(crate) struct ExperimentCore {
    pub(crate) name: Arc<str>,
    pub(crate) split: Split,
    pub(crate) arms: Vec<(Arc<str>, Arc<TracerCore>)>,
    pub(crate) fallback: Arc<TracerCore>,
    pub(crate) unit_header: Option<HeaderName>,
}

/// What an experiment gave a unit: a variant and its tracer, or the fallback.
///
/// Behind `tracer = ..` it chooses the tracer and records itself on the span, as `feature_flag.key`,
/// `feature_flag.result.variant` and `feature_flag.result.reason`.
#[derive(Clone)]
pub struct Assignment {
    experiment: Arc<str>,
    variant: Option<Arc<str>>,
    reason: Reason,
    hash: u32,
    bucket: u32,
    tracer: Tracer,
}

impl Experiment {
    pub(crate) fn new(core: Arc<ExperimentCore>, fallback: Tracer) -> Self {
        Self { core, fallback }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// The names of its variants, in the configuration's order.
    pub fn variants(&self) -> impl Iterator<Item = &str> {
        self.core.arms.iter().map(|(name, _)| &**name)
    }

    /// The weights of its variants, in the same order.
    pub fn weights(&self) -> impl Iterator<Item = u32> {
        self.core.split.weights()
    }

    /// The share of each variant's units that take part, within 0.0 to 1.0.
    #[must_use]
    pub fn coverage(&self) -> f64 {
        self.core.split.coverage()
    }

    /// The variant of `unit`, the identity that is split: a user id, say. An empty one gets the fallback, since
    /// hashing it would put everybody without an identity into one variant.
    #[must_use]
    pub fn assign(&self, unit: &str) -> Assignment {
        self.assigned(Some(unit))
    }

    /// Returns the header that holds the unit, if the configuration names one.
    pub(crate) fn unit_header(&self) -> Option<&HeaderName> {
        self.core.unit_header.as_ref()
    }

    /// The variant of that name, decided elsewhere: by a service in front, a header that can be trusted, an OpenFeature provider. `reason` is
    /// the decider's, [`Reason::TargetingMatch`] for a rule; it is recorded. `None` if the experiment has no such variant.
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
    /// let forced = tone.with_variant("warm", Reason::TargetingMatch).unwrap_or_else(|| tone.assign("user-42"));
    /// assert_eq!(forced.tracer().name(), "warm");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_variant(&self, variant: &str, reason: Reason) -> Option<Assignment> {
        let (name, tracer) = self.core.arms.iter().find(|(name, _)| **name == *variant)?;
        Some(Assignment {
            experiment: Arc::clone(&self.core.name),
            variant: Some(Arc::clone(name)),
            reason,
            hash: 0,
            bucket: 0,
            tracer: self.fallback.sibling(Arc::clone(tracer)),
        })
    }

    pub(crate) fn assigned(&self, unit: Option<&str>) -> Assignment {
        let outcome = self.core.split.assign(unit);
        let arm = outcome.variant.and_then(|index| self.core.arms.get(index));
        let tracer = arm.map_or(&self.core.fallback, |(_, tracer)| tracer);
        Assignment {
            experiment: Arc::clone(&self.core.name),
            variant: arm.map(|(name, _)| Arc::clone(name)),
            reason: outcome.reason,
            hash: outcome.hash,
            bucket: outcome.bucket,
            tracer: self.fallback.sibling(Arc::clone(tracer)),
        }
    }
}

impl Assignment {
    /// The experiment's name.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.experiment
    }

    /// The variant's name; `None`: the fallback.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// The variant's tracer, or the fallback's.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Why: [`Reason::Split`] for a variant, [`Reason::Default`] for the fallback, the decider's own for one that was
    /// [decided elsewhere](Experiment::with_variant).
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The unit's hash, for those who check a split; zero without a unit.
    #[must_use]
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// The unit's bucket, below the sum of the weights; zero without a unit.
    #[must_use]
    pub fn bucket(&self) -> u32 {
        self.bucket
    }

    /// Adds the event `feature_flag.evaluation` to the current span: this unit has met this variant. Once per experiment, variant, unit and trace; whatever is
    /// asked for again in the same trace adds nothing. The server layer does this for requests that an experiment routes.
    pub fn record_exposure(&self) {
        self.record_exposure_in(&Context::current());
    }

    pub(crate) fn record_exposure_in(&self, cx: &Context) {
        let span = cx.span();
        let trace = span.span_context().trace_id();
        let exposure = || (trace, Arc::clone(&self.experiment), self.variant.clone(), self.hash);
        if span.is_recording() && exposure::is_first(exposure()) {
            span.add_event("feature_flag.evaluation", self.span_attributes().collect());
        }
    }

    /// What is recorded on a span.
    pub(crate) fn span_attributes(&self) -> impl Iterator<Item = KeyValue> + use<> {
        let variant =
            self.variant.as_ref().map(|name| KeyValue::new("feature_flag.result.variant", Arc::clone(name)));
        [
            Some(KeyValue::new("feature_flag.key", Arc::clone(&self.experiment))),
            variant,
            Some(KeyValue::new("feature_flag.result.reason", self.reason.as_str())),
        ]
        .into_iter()
        .flatten()
    }
}

impl AsTracer for Assignment {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::recorded(&self.tracer, self)
    }
}

impl RecordedDecision for Assignment {
    fn attributes(&self) -> Vec<KeyValue> {
        self.span_attributes().collect()
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

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment")
            .field("experiment", &self.experiment)
            .field("variant", &self.variant)
            .field("tracer", &self.tracer.name())
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
