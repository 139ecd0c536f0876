//! The routing decision for one request.

use std::fmt;
use std::sync::Arc;

use crate::experiment::{Assignment, Reason};
use crate::tracer::{AsTracer, Tracer, TracerChoice};

/// The tracer for one request, and the rule that chose it.
///
/// As the value of `tracer = ..` it chooses the tracer. Comes from
/// [`Registry::route`](crate::Registry::route).
///
/// ```
/// # use multitracer::Registry;
/// use multitracer::experiment::Reason;
/// use multitracer::routing::Route;
/// use multitracer::traced;
///
/// #[traced(tracer = route)]
/// fn handle(route: &Route) {}
///
/// # let registry = Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, canary: {exporter: console, enabled: false}}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let route = registry.route(&[("x-canary-user", "true")]);
/// assert_eq!((route.name(), route.tracer().name()), (Some("canary-users"), "canary"));
/// assert_eq!(route.reason(), Reason::TargetingMatch);
/// handle(&route);
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Route {
    name: Option<Arc<str>>,
    target: Target,
}

/// The target that a request reaches.
#[derive(Clone)]
enum Target {
    Tracer(Tracer),
    Variant(Assignment),
}

impl Route {
    pub(crate) fn default_tracer(tracer: Tracer) -> Self {
        Self { name: None, target: Target::Tracer(tracer) }
    }

    pub(crate) fn to_tracer(name: Arc<str>, tracer: Tracer) -> Self {
        Self { name: Some(name), target: Target::Tracer(tracer) }
    }

    pub(crate) fn to_variant(name: Arc<str>, assignment: Assignment) -> Self {
        Self { name: Some(name), target: Target::Variant(assignment) }
    }

    /// Returns this route with an assignment that another service decided.
    pub(crate) fn with_assignment(self, assignment: Assignment) -> Self {
        Self { target: Target::Variant(assignment), ..self }
    }

    /// Returns the tracer for the request.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        match &self.target {
            Target::Tracer(tracer) => tracer,
            Target::Variant(assignment) => assignment.tracer(),
        }
    }

    /// Returns the name of the route that matched. `None` means that no route matched, and that the
    /// tracer is the default tracer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the assignment if the route leads to an experiment.
    #[must_use]
    pub fn assignment(&self) -> Option<&Assignment> {
        match &self.target {
            Target::Tracer(_) => None,
            Target::Variant(assignment) => Some(assignment),
        }
    }

    /// Returns the reason of the decision.
    ///
    /// This is [`Reason::TargetingMatch`] for a route to a tracer, and [`Reason::Default`] if no
    /// route matched. A route to an experiment has the reason of the assignment.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match (&self.target, &self.name) {
            (Target::Variant(assignment), _) => assignment.reason(),
            (Target::Tracer(_), Some(_)) => Reason::TargetingMatch,
            (Target::Tracer(_), None) => Reason::Default,
        }
    }
}

/// A decision that the application makes itself. The route has no name, since no rule matched.
impl From<Tracer> for Route {
    fn from(tracer: Tracer) -> Self {
        Self::default_tracer(tracer)
    }
}

/// An assignment that the application makes itself, for example with a unit that is in no header.
/// See [`Experiment::assign`](crate::experiment::Experiment::assign).
impl From<Assignment> for Route {
    fn from(assignment: Assignment) -> Self {
        Self { name: None, target: Target::Variant(assignment) }
    }
}

impl AsTracer for Route {
    fn as_tracer(&self) -> TracerChoice<'_> {
        match &self.target {
            Target::Tracer(tracer) => TracerChoice::Tracer(tracer),
            Target::Variant(assignment) => assignment.as_tracer(),
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
