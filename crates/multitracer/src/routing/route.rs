//! The decision for one request.

use std::fmt;
use std::sync::Arc;

use crate::experiment::{Assignment, Reason};
use crate::tracer::{AsTracer, Tracer, TracerChoice};

/// The tracer for one request, and the rule that chose it.
///
/// Comes from [`Registry::route`](crate::Registry::route). Behind `tracer = ..` it chooses the tracer.
#[derive(Clone)]
pub struct Route {
    name: Option<Arc<str>>,
    chosen: Chosen,
}

#[derive(Clone)]
enum Chosen {
    Tracer(Tracer),
    Variant(Assignment),
}

impl Route {
    pub(crate) fn default_tracer(tracer: Tracer) -> Self {
        Self { name: None, chosen: Chosen::Tracer(tracer) }
    }

    pub(crate) fn to_tracer(name: Arc<str>, tracer: Tracer) -> Self {
        Self { name: Some(name), chosen: Chosen::Tracer(tracer) }
    }

    pub(crate) fn to_variant(name: Arc<str>, assignment: Assignment) -> Self {
        Self { name: Some(name), chosen: Chosen::Variant(assignment) }
    }

    /// The same route with what an experiment gave elsewhere.
    pub(crate) fn with_assignment(self, assignment: Assignment) -> Self {
        Self { chosen: Chosen::Variant(assignment), ..self }
    }

    /// The tracer.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        match &self.chosen {
            Chosen::Tracer(tracer) => tracer,
            Chosen::Variant(assignment) => assignment.tracer(),
        }
    }

    /// The name of the route that matched; `None`: none did, and the tracer is the default one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the experiment gave, if the route leads to one.
    #[must_use]
    pub fn assignment(&self) -> Option<&Assignment> {
        match &self.chosen {
            Chosen::Tracer(_) => None,
            Chosen::Variant(assignment) => Some(assignment),
        }
    }

    /// Why: [`Reason::TargetingMatch`] for a route to a tracer, the experiment's own reason for one to an
    /// experiment, [`Reason::Default`] where no route matched.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match (&self.chosen, &self.name) {
            (Chosen::Variant(assignment), _) => assignment.reason(),
            (Chosen::Tracer(_), Some(_)) => Reason::TargetingMatch,
            (Chosen::Tracer(_), None) => Reason::Default,
        }
    }
}

/// A decision of the application's own: no rule of the configuration made it, so the route has no name.
impl From<Tracer> for Route {
    fn from(tracer: Tracer) -> Self {
        Self::default_tracer(tracer)
    }
}

/// A variant that the application chose, say by [`Experiment::assign`](crate::experiment::Experiment::assign) with a unit that is in no header.
impl From<Assignment> for Route {
    fn from(assignment: Assignment) -> Self {
        Self { name: None, chosen: Chosen::Variant(assignment) }
    }
}

impl AsTracer for Route {
    fn as_tracer(&self) -> TracerChoice<'_> {
        match &self.chosen {
            Chosen::Tracer(tracer) => TracerChoice::Tracer(tracer),
            Chosen::Variant(assignment) => assignment.as_tracer(),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("name", &self.name)
            .field("tracer", &self.tracer().name())
            .field("reason", &self.reason())
            .finish_non_exhaustive()
    }
}
