//! The values that `tracer = ..` accepts.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;

use super::tracer_name::TracerName;
use crate::tracer::named::Tracer;

/// A value that chooses a tracer, for `#[traced(tracer = <expression>)]` and
/// [`with_tracer`](crate::WithTracerExt::with_tracer).
///
/// A string is the name of a tracer, and `None` chooses the ambient tracer. An unknown name never
/// reaches another project by mistake: it means the default tracer or no span, as the key
/// `unknown_tracer` of the configuration says. A type of your own, such as an enum of plans,
/// implements the trait by returning the name of a tracer:
///
/// ```
/// use multitracer::{AsTracer, TracerChoice};
///
/// enum Plan { Free, Paying }
///
/// impl AsTracer for Plan {
///     fn as_tracer(&self) -> TracerChoice<'_> {
///         TracerChoice::Name(match self {
///             Plan::Free => "production",
///             Plan::Paying => "canary",
///         })
///     }
/// }
/// ```
pub trait AsTracer {
    /// Returns the tracer that this value chooses.
    fn as_tracer(&self) -> TracerChoice<'_>;
}

/// A choice of tracer, as [`AsTracer`] returns it.
///
/// ```
/// use multitracer::{AsTracer as _, TracerChoice};
///
/// assert!(matches!("canary".as_tracer(), TracerChoice::Name("canary")));
/// assert!(matches!(None::<&str>.as_tracer(), TracerChoice::Ambient));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum TracerChoice<'a> {
    /// The ambient tracer.
    Ambient,
    /// The tracer with this name, in the registry of the place that uses the choice.
    Name(&'a str),
    /// The tracer with this constant name, in the registry of the place that uses the choice.
    Constant(TracerName),
    /// This tracer, with its own registry.
    Tracer(&'a Tracer),
    /// This tracer, with a decision that the span records as attributes. An
    /// [`Assignment`](crate::experiment::Assignment) of an experiment returns this choice.
    #[non_exhaustive]
    Recorded {
        /// The tracer that was chosen.
        tracer: &'a Tracer,
        /// The decision that chose it.
        decision: &'a dyn RecordedDecision,
    },
}

/// A decision that a span records as attributes.
///
/// [`Assignment`](crate::experiment::Assignment) is such a decision. Code that inspects a
/// [`TracerChoice`] reads its attributes:
///
/// ```
/// # use multitracer::Registry;
/// use multitracer::{AsTracer as _, TracerChoice};
///
/// # let yaml = "
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, warm: {exporter: console}}
/// # experiments: {tone: {variants: [{name: warm}]}}
/// # ";
/// let registry = Registry::from_yaml(yaml)?;
/// let assignment = registry.experiment("tone")?.assign("user-42");
/// let TracerChoice::Recorded { decision, .. } = assignment.as_tracer() else { unreachable!() };
/// assert_eq!(decision.attributes()[0].key.as_str(), "feature_flag.key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait RecordedDecision: fmt::Debug {
    /// Returns the attributes that a span records about this decision.
    fn attributes(&self) -> Vec<KeyValue>;
}

impl<'a> TracerChoice<'a> {
    pub(crate) fn recorded(tracer: &'a Tracer, decision: &'a dyn RecordedDecision) -> Self {
        Self::Recorded { tracer, decision }
    }

    /// Returns the attributes that a span records about the choice.
    pub(crate) fn attributes(self) -> Vec<KeyValue> {
        match self {
            Self::Recorded { decision, .. } => decision.attributes(),
            _ => Vec::new(),
        }
    }
}

impl AsTracer for str {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Name(self)
    }
}

impl AsTracer for String {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Name(self)
    }
}

impl AsTracer for Cow<'_, str> {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Name(self)
    }
}

impl AsTracer for TracerName {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Constant(*self)
    }
}

impl AsTracer for Tracer {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Tracer(self)
    }
}

impl<T: AsTracer> AsTracer for Option<T> {
    fn as_tracer(&self) -> TracerChoice<'_> {
        self.as_ref().map_or(TracerChoice::Ambient, AsTracer::as_tracer)
    }
}

impl<T: AsTracer + ?Sized> AsTracer for &T {
    fn as_tracer(&self) -> TracerChoice<'_> {
        (**self).as_tracer()
    }
}

impl<T: AsTracer + ?Sized> AsTracer for &mut T {
    fn as_tracer(&self) -> TracerChoice<'_> {
        (**self).as_tracer()
    }
}

impl<T: AsTracer + ?Sized> AsTracer for Box<T> {
    fn as_tracer(&self) -> TracerChoice<'_> {
        (**self).as_tracer()
    }
}

impl<T: AsTracer + ?Sized> AsTracer for Arc<T> {
    fn as_tracer(&self) -> TracerChoice<'_> {
        (**self).as_tracer()
    }
}
