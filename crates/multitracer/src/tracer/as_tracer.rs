//! What may stand behind `tracer = ..`.

use std::borrow::Cow;
use std::sync::Arc;

use super::named::Tracer;
use super::tracer_name::TracerName;
use crate::experiment::Assignment;
use crate::routing::Route;

/// A value that chooses a tracer: what `#[traced(tracer = <expression>)]` and
/// [`with_tracer`](crate::WithTracerExt::with_tracer) take.
///
/// A `None` chooses the ambient tracer. Text is a tracer's name; one that no tracer has is never passed on
/// to another project, see `unknown_tracer` in the configuration. Implement it for a type of your own, say
/// an enum of variants, by giving the tracer's name:
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
    /// The choice.
    fn as_tracer(&self) -> TracerChoice<'_>;
}

/// A choice of tracer.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum TracerChoice<'a> {
    /// The ambient tracer.
    Ambient,
    /// The tracer of this name, in the registry of the place where it is used.
    Name(&'a str),
    /// The same, by a constant.
    Constant(TracerName),
    /// This tracer, with its own registry.
    Tracer(&'a Tracer),
    /// The tracer of an experiment's variant; the assignment is recorded on the span.
    Assignment(&'a Assignment),
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

impl AsTracer for Tracer {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Tracer(self)
    }
}

impl AsTracer for Assignment {
    fn as_tracer(&self) -> TracerChoice<'_> {
        TracerChoice::Assignment(self)
    }
}

impl AsTracer for Route {
    fn as_tracer(&self) -> TracerChoice<'_> {
        match self.assignment() {
            Some(assignment) => TracerChoice::Assignment(assignment),
            None => TracerChoice::Tracer(self.tracer()),
        }
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
