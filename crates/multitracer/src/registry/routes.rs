//! From headers to a tracer, and from a unit to a variant.

use std::sync::Arc;

use super::Registry;
use super::error::UnknownExperiment;
use super::snapshot::{ResolvedTarget, Snapshot};
use crate::experiment::Experiment;
use crate::routing::{Headers, Route};
use crate::tracer::Tracer;

impl Snapshot {
    pub(super) fn route<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Route {
        let Some(matched) = self.router.first_match(headers).and_then(|rule| self.routes.get(rule)) else {
            return Route::default_tracer(Tracer::new(Arc::clone(self.default_tracer()), registry.clone()));
        };
        let name = Arc::clone(&matched.name);
        match &matched.target {
            ResolvedTarget::Tracer(core) => {
                Route::to_tracer(name, Tracer::new(Arc::clone(core), registry.clone()))
            }
            ResolvedTarget::Experiment(core) => {
                let experiment = Experiment::new(Arc::clone(core), registry.clone());
                Route::to_variant(name, experiment.assign_by_header(headers))
            }
        }
    }

    pub(super) fn experiment(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Experiment, UnknownExperiment> {
        match self.experiments.iter().find(|experiment| &*experiment.name == name) {
            Some(core) => Ok(Experiment::new(Arc::clone(core), registry.clone())),
            None => Err(UnknownExperiment::new(name, self.experiments.iter().map(|core| &*core.name))),
        }
    }
}
