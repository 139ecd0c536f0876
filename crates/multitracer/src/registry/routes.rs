//! From headers to a tracer, and from a unit to a variant.

use std::sync::Arc;

use super::Registry;
use super::error::UnknownExperimentError;
use super::snapshot::{ResolvedRoute, ResolvedTarget, Snapshot};
use crate::experiment::Experiment;
use crate::routing::{Headers, Route};
use crate::tracer::Tracer;

impl ResolvedRoute {
    fn take<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Route {
        let name = Arc::clone(&self.name);
        match &self.target {
            ResolvedTarget::Tracer(core) => {
                Route::to_tracer(name, Tracer::new(Arc::clone(core), registry.clone()))
            }
            ResolvedTarget::Experiment(core) => {
                let experiment = Experiment::new(Arc::clone(core), registry.clone());
                Route::to_variant(name, experiment.assign_by_header(headers))
            }
        }
    }
}

impl Snapshot {
    pub(super) fn route<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Route {
        match self.router.first_match(headers).and_then(|rule| self.routes.get(rule)) {
            Some(matched) => matched.take(registry, headers),
            None => self.no_route(registry),
        }
    }

    /// The route of that name, whatever its own conditions are.
    pub(super) fn route_named<H: Headers + ?Sized>(
        &self,
        registry: &Registry,
        name: &str,
        headers: &H,
    ) -> Option<Route> {
        let named = self.routes.iter().find(|route| &*route.name == name)?;
        Some(named.take(registry, headers))
    }

    pub(super) fn no_route(&self, registry: &Registry) -> Route {
        Route::default_tracer(Tracer::new(Arc::clone(self.default_tracer()), registry.clone()))
    }

    pub(super) fn experiment(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Experiment, UnknownExperimentError> {
        match self.experiments.iter().find(|experiment| &*experiment.name == name) {
            Some(core) => Ok(Experiment::new(Arc::clone(core), registry.clone())),
            None => Err(UnknownExperimentError::new(name, self.experiments.iter().map(|core| &*core.name))),
        }
    }
}
