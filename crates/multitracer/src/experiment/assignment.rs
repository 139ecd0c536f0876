//! The assignment of a unit to a variant, and its record on spans.

use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use super::Reason;
use super::exposure::{self, Exposure};
use crate::tracer::{AsTracer, RecordedDecision, Tracer, TracerChoice, current_context};

/// The variant that an experiment gives a unit, with the variant's tracer, or the fallback.
///
/// As the value of `tracer = ..` it chooses the tracer. The span then records `feature_flag.key`,
/// `feature_flag.result.variant` and `feature_flag.result.reason`.
///
/// ```
/// # use multitracer::Registry;
/// use multitracer::experiment::{Assignment, Reason};
/// use multitracer::traced;
///
/// #[traced(tracer = assignment)]
/// fn answer(assignment: &Assignment) {}
///
/// # let registry = Registry::from_yaml("
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, warm: {exporter: console, enabled: false}}
/// # experiments: {tone: {variants: [{name: warm}]}}
/// # ")?;
/// let assignment = registry.experiment("tone")?.assign("user-42");
/// assert_eq!((assignment.variant(), assignment.reason()), (Some("warm"), Reason::Split));
/// answer(&assignment);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Assignment {
    pub(super) experiment: Arc<str>,
    pub(super) variant: Option<Arc<str>>,
    pub(super) reason: Reason,
    pub(super) hash: u32,
    pub(super) bucket: u32,
    pub(super) tracer: Tracer,
}

impl Assignment {
    /// Returns the experiment's name.
    #[must_use]
    pub fn experiment(&self) -> &str {
        &self.experiment
    }

    /// Returns the variant's name, or `None` for the fallback.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// Returns the tracer of the variant or of the fallback.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Returns the reason of the assignment.
    ///
    /// This is [`Reason::Split`] for a variant and [`Reason::Default`] for the fallback. An
    /// assignment from [`with_variant`](super::Experiment::with_variant) has the reason that its
    /// caller gave.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the hash of the unit, for checks of a split. The hash is zero without a unit.
    #[must_use]
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// Returns the bucket of the unit, which is below the sum of the weights. The bucket is zero
    /// without a unit.
    #[must_use]
    pub fn bucket(&self) -> u32 {
        self.bucket
    }

    /// Adds the event `feature_flag.evaluation` to the current span: the unit has met the variant.
    ///
    /// The event is added once per experiment, variant, unit and trace. Later calls in the same
    /// trace do nothing. A call outside of a recording span does nothing. The server layer calls
    /// this for requests that an experiment routes.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::builder::ExperimentBuilder;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let registry = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .experiment(ExperimentBuilder::new("tone").variant("warm", 1, "production"))
    /// #     .build()?;
    /// let tone = registry.experiment("tone")?;
    /// registry.default_tracer().in_span("answer", || {
    ///     tone.assign("user-42").record_exposure();
    ///     tone.assign("user-42").record_exposure();
    /// });
    /// assert_eq!(spans.spans()[0].events.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_exposure(&self) {
        self.record_exposure_in(&current_context());
    }

    /// Adds the event to the current span of `cx`.
    pub(crate) fn record_exposure_in(&self, cx: &Context) {
        let span = cx.span();
        let exposure = || Exposure {
            trace: span.span_context().trace_id(),
            experiment: Arc::clone(&self.experiment),
            variant: self.variant.clone(),
            unit_hash: self.hash,
        };
        if span.is_recording() && exposure::remember(exposure()) {
            span.add_event("feature_flag.evaluation", self.span_attributes().collect());
        }
    }

    /// Returns the attributes that a span records about this assignment.
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
