//! The values that may stand behind `tracer = ..`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;

use super::tracer_name::TracerName;
use crate::tracer::named::Tracer;

/// A value that chooses a tracer, for `#[traced(tracer = <expression>)]` and
/// [`with_tracer`](crate::WithTracerExt::with_tracer).
///
/// A `None` chooses the ambient tracer. Text is a tracer's name; a name that no tracer has never
/// reaches another project, see `unknown_tracer` in the configuration. A type of your own, say an
/// enum of variants, implements the trait by giving the tracer's name:
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
    /// Returns the choice.
    fn as_tracer(&self) -> TracerChoice<'_>;
}

/// A choice of tracer.
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
    /// The tracer with this name, in the registry of the place where it is used.
    Name(&'a str),
    /// The tracer with a constant name.
    Constant(TracerName),
    /// This tracer, with its own registry.
    Tracer(&'a Tracer),
    /// This tracer, and attributes that the span records about the choice. An experiment's
    /// [`Assignment`](crate::experiment::Assignment) gives this.
    #[non_exhaustive]
    Recorded {
        /// The tracer.
        tracer: &'a Tracer,
        /// The decision, which the span records.
        decision: &'a dyn RecordedDecision,
    },
}

/// A decision that a span records as attributes.
pub trait RecordedDecision: fmt::Debug {
    /// Returns the attributes.
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
