//! Routes from the headers of a request to a tracer or a variant.

use std::sync::Arc;

#[cfg(feature = "tower")]
use arc_swap::Guard;

use super::handle::Registry;
use super::snapshot::{ResolvedRoute, ResolvedTarget, Snapshot};
use crate::experiment::{Experiment, ExperimentCore, UnknownExperimentError};
use crate::routing::{Explanation, Headers, Route};
#[cfg(feature = "tower")]
use crate::tracer::Roster;
use crate::tracer::{Tracer, TracerId};

/// The outcome of the rules for one request.
#[cfg(feature = "tower")]
pub(crate) struct Matched {
    /// The route, if a rule matches.
    pub(crate) route: Option<Route>,
    snapshot: Guard<Arc<Snapshot>>,
}

#[cfg(feature = "tower")]
impl Matched {
    /// Returns the tracers of the configuration whose rules matched.
    pub(crate) fn roster(&self) -> &Roster {
        &self.snapshot.roster
    }
}

impl Registry {
    /// Returns the route of a request with these headers: the first route that matches, top to
    /// bottom, else the default tracer.
    ///
    /// Names of headers are compared without regard to case, values byte by byte. A repeated header
    /// counts as one header, with its values joined by `, ` (RFC 9110, section 5.3). So a smuggled
    /// second value does not match an exact value.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let registry = Registry::from_yaml(r#"
    /// default_tracer: production
    /// defaults: {exporter: {console: {}}}
    /// tracers: {production: {}, canary: {}}
    /// routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
    /// "#)?;
    /// let route = registry.route(&[("x-canary-user", "true")]);
    /// assert_eq!((route.tracer().name(), route.name()), ("canary", Some("canary-users")));
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn route<H: Headers + ?Sized>(&self, headers: &H) -> Route {
        self.snapshot().route(self, headers)
    }

    /// Returns the configuration in force, and the route of a request if a rule matches. Passes
    /// each header to `visit`, in the same walk.
    #[cfg(feature = "tower")]
    pub(crate) fn matching_route<'a, H, V>(&self, headers: &'a H, visit: V) -> Matched
    where
        H: Headers + ?Sized,
        V: FnMut(&'a str, &'a [u8]),
    {
        let snapshot = self.snapshot();
        let matched = snapshot.router.first_match_and(headers, visit);
        let route = matched.and_then(|rule| snapshot.routes.get(rule));
        Matched { route: route.map(|matched| matched.follow(self, headers)), snapshot }
    }

    /// Returns the route with this name, without a check of its conditions.
    ///
    /// This is for a decision that the application or a service in front of it has made. If the
    /// route leads to an experiment, `headers` give the unit.
    #[must_use]
    pub fn route_named<H: Headers + ?Sized>(&self, name: &str, headers: &H) -> Option<Route> {
        self.snapshot().route_named(self, name, headers)
    }

    /// Returns the route of a request that no rule matches. It leads to the default tracer.
    #[must_use]
    pub fn default_route(&self) -> Route {
        Route::default_tracer(self.default_tracer())
    }

    /// Returns the [`route`](Self::route) with the result of each rule. This is for people who look
    /// for a mistake; it is too slow for every request.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let registry = Registry::from_yaml(r#"
    /// default_tracer: production
    /// defaults: {exporter: console}
    /// tracers: {production: {}, canary: {}}
    /// routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
    /// "#)?;
    /// let explanation = registry.explain_route(&[("x-canary-user", "yes")]);
    /// assert_eq!(
    ///     explanation.rules()[0].to_string(),
    ///     "canary-users: `x-canary-user` is `yes`, not `true`",
    /// );
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn explain_route<H: Headers + ?Sized>(&self, headers: &H) -> Explanation {
        let snapshot = self.snapshot();
        Explanation::new(snapshot.route(self, headers), &snapshot.model.routes, headers)
    }

    /// Returns the name of the first route that leads to this tracer directly.
    pub(crate) fn route_to(&self, tracer: TracerId) -> Option<Arc<str>> {
        self.snapshot().route_to(tracer)
    }

    /// Returns `true` if the route `name` leads to this tracer, directly or by an experiment.
    pub(crate) fn leads_to(&self, name: &str, tracer: TracerId) -> bool {
        let snapshot = self.snapshot();
        let named = snapshot.routes.iter().find(|route| &*route.name == name);
        named.is_some_and(|route| route.target.leads_to(tracer))
    }

    /// Returns `true` if the configuration trusts inbound baggage.
    pub(crate) fn trusts_baggage(&self) -> bool {
        self.snapshot().model.baggage.trusted
    }
}

impl ResolvedRoute {
    fn follow<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Route {
        let name = Arc::clone(&self.name);
        match &self.target {
            ResolvedTarget::Tracer(core) => Route::to_tracer(name, Tracer::new(Arc::clone(core), registry)),
            ResolvedTarget::Experiment(core) => {
                Route::to_variant(name, handle(core, registry).assign_by_header(headers))
            }
        }
    }
}

impl ResolvedTarget {
    fn leads_to(&self, tracer: TracerId) -> bool {
        match self {
            Self::Tracer(core) => core.id().has_name_of(tracer),
            Self::Experiment(core) => {
                let variants = core.variants.iter().map(|variant| &variant.tracer);
                variants.chain([&core.fallback]).any(|core| core.id().has_name_of(tracer))
            }
        }
    }
}

impl Snapshot {
    fn route<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Route {
        match self.router.first_match(headers).and_then(|rule| self.routes.get(rule)) {
            Some(matched) => matched.follow(registry, headers),
            None => registry.default_route(),
        }
    }

    fn route_named<H: Headers + ?Sized>(
        &self,
        registry: &Registry,
        name: &str,
        headers: &H,
    ) -> Option<Route> {
        let named = self.routes.iter().find(|route| &*route.name == name)?;
        Some(named.follow(registry, headers))
    }

    fn route_to(&self, tracer: TracerId) -> Option<Arc<str>> {
        let leads_there = |route: &&ResolvedRoute| match &route.target {
            ResolvedTarget::Tracer(core) => core.id().has_name_of(tracer),
            ResolvedTarget::Experiment(_) => false,
        };
        self.routes.iter().find(leads_there).map(|route| Arc::clone(&route.name))
    }

    pub(super) fn experiment(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Experiment, UnknownExperimentError> {
        match self.experiments.iter().find(|experiment| &*experiment.name == name) {
            Some(core) => Ok(handle(core, registry)),
            None => Err(UnknownExperimentError::new(name, self.experiments.iter().map(|core| &*core.name))),
        }
    }
}

fn handle(core: &Arc<ExperimentCore>, registry: &Registry) -> Experiment {
    let fallback = Tracer::new(Arc::clone(&core.fallback), registry);
    Experiment::new(Arc::clone(core), fallback)
}
