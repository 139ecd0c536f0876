//! The content of a registry at one moment. A reload replaces the whole snapshot.

use std::sync::Arc;

use crate::config::model::{ConfigModel, RouteTarget};
use crate::experiment::{ExperimentCore, Split, Variant};
use crate::registry::building::spec::Spec;
use crate::routing::Router;
use crate::tracer::{Roster, TracerCore};

/// Tracers, routes and experiments, resolved against each other.
pub(super) struct Snapshot {
    /// The configuration, without its tracers.
    pub(super) model: Arc<ConfigModel>,
    pub(super) roster: Arc<Roster>,
    /// The specification of each tracer of the roster, in the same order.
    pub(super) specs: Vec<Arc<Spec>>,
    pub(super) router: Router,
    /// The target of each rule of the router, in the same order.
    pub(super) routes: Vec<ResolvedRoute>,
    pub(super) experiments: Vec<Arc<ExperimentCore>>,
}

/// A tracer, and the specification that it was built from.
pub(super) struct Built {
    pub(super) core: Arc<TracerCore>,
    pub(super) spec: Arc<Spec>,
}

/// A route with its target.
pub(super) struct ResolvedRoute {
    pub(super) name: Arc<str>,
    pub(super) target: ResolvedTarget,
}

pub(super) enum ResolvedTarget {
    Tracer(Arc<TracerCore>),
    Experiment(Arc<ExperimentCore>),
}

impl Snapshot {
    /// Resolves the names of `model`. All names are valid: the cross check ran first.
    pub(super) fn new(model: Arc<ConfigModel>, built: Vec<Built>) -> Self {
        let (tracers, specs): (Vec<_>, Vec<_>) =
            built.into_iter().map(|Built { core, spec }| (core, spec)).unzip();
        let roster = Roster::new(&model, tracers);
        let named = |name: &str| Arc::clone(roster.by_name(name).unwrap_or(roster.default_tracer()));
        let experiments: Vec<Arc<ExperimentCore>> = model
            .experiments
            .iter()
            .map(|experiment| {
                Arc::new(ExperimentCore {
                    name: experiment.name.as_str().into(),
                    split: Split::new(experiment),
                    variants: experiment
                        .variants
                        .iter()
                        .map(|variant| Variant {
                            name: variant.name.as_str().into(),
                            tracer: named(&variant.tracer),
                        })
                        .collect(),
                    fallback: named(&experiment.fallback),
                    unit_header: experiment.unit_header.as_deref().and_then(|name| name.parse().ok()),
                })
            })
            .collect();
        let routes = model
            .routes
            .iter()
            .map(|route| {
                let target = match &route.target {
                    RouteTarget::Tracer(name) => ResolvedTarget::Tracer(named(name)),
                    RouteTarget::Experiment(name) => {
                        match experiments.iter().find(|experiment| *experiment.name == **name) {
                            Some(experiment) => ResolvedTarget::Experiment(Arc::clone(experiment)),
                            None => ResolvedTarget::Tracer(named(&model.default_tracer)),
                        }
                    }
                };
                ResolvedRoute { name: route.name.as_str().into(), target }
            })
            .collect();
        Self {
            router: Router::new(&model.routes),
            routes,
            experiments,
            roster: Arc::new(roster),
            specs,
            model,
        }
    }

    /// Returns the tracers with their specifications, to make another snapshot from.
    pub(super) fn built(&self) -> Vec<Built> {
        let pairs = self.roster.tracers().iter().zip(&self.specs);
        pairs.map(|(core, spec)| Built { core: Arc::clone(core), spec: Arc::clone(spec) }).collect()
    }
}
