//! What a registry holds at one moment: swapped whole, never changed in place.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::Key;

use super::spec::Spec;
use crate::config::model::{ConfigModel, RouteTarget};
use crate::config::{OnSwitch, RemoteParent, UnknownTracerPolicy};
use crate::experiment::{ExperimentCore, Split};
use crate::routing::Router;
use crate::tracer::{NameId, TracerCore, TracerId};

/// Tracers, routes and experiments, resolved against each other.
pub(crate) struct Snapshot {
    /// What it was made from, less the tracers.
    pub(super) model: Arc<ConfigModel>,
    pub(super) tracers: Vec<Arc<TracerCore>>,
    /// Beside the tracers.
    pub(super) specs: Vec<Arc<Spec>>,
    pub(super) by_name: HashMap<Arc<str>, usize>,
    /// Indexed by interned name.
    pub(super) by_id: Vec<Option<usize>>,
    pub(super) default: usize,
    /// Baggage entries that spans take, and the attributes that they become.
    pub(super) baggage: Box<[(Key, Key)]>,
    pub(super) router: Router,
    /// Beside the router's rules.
    pub(super) routes: Vec<ResolvedRoute>,
    pub(super) experiments: Vec<Arc<ExperimentCore>>,
}

/// A tracer, and what it was made from.
pub(super) struct Built {
    pub(super) core: Arc<TracerCore>,
    pub(super) spec: Arc<Spec>,
}

/// Where a route leads.
pub(super) struct ResolvedRoute {
    pub(super) name: Arc<str>,
    pub(super) target: ResolvedTarget,
}

pub(super) enum ResolvedTarget {
    Tracer(Arc<TracerCore>),
    Experiment(Arc<ExperimentCore>),
}

impl Snapshot {
    /// Every name of `model` has been checked, so that each look-up here finds something.
    pub(super) fn new(model: Arc<ConfigModel>, built: Vec<Built>) -> Self {
        let (tracers, specs): (Vec<_>, Vec<_>) =
            built.into_iter().map(|Built { core, spec }| (core, spec)).unzip();
        let by_name: HashMap<Arc<str>, usize> =
            tracers.iter().enumerate().map(|(at, core)| (Arc::clone(&core.info.name), at)).collect();
        let mut by_id = Vec::new();
        for (at, core) in tracers.iter().enumerate() {
            let id = core.id.name.index();
            if by_id.len() <= id {
                by_id.resize(id + 1, None);
            }
            by_id[id] = Some(at);
        }
        let default = by_name.get(model.default_tracer.as_str()).copied().unwrap_or(0);
        let named = |name: &str| Arc::clone(&tracers[by_name.get(name).copied().unwrap_or(default)]);
        let experiments: Vec<Arc<ExperimentCore>> = model
            .experiments
            .iter()
            .map(|experiment| {
                Arc::new(ExperimentCore {
                    name: experiment.name.as_str().into(),
                    split: Split::new(experiment),
                    arms: experiment
                        .variants
                        .iter()
                        .map(|variant| (variant.name.as_str().into(), named(&variant.tracer)))
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
            by_name,
            by_id,
            default,
            baggage: model
                .baggage
                .attributes
                .iter()
                .map(|(entry, attribute)| (entry.clone().into(), attribute.clone().into()))
                .collect(),
            tracers,
            specs,
            model,
        }
    }

    /// The place of a tracer among the others.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The tracers with what they were made from, to make another snapshot of.
    pub(super) fn built(&self) -> Vec<Built> {
        let both = self.tracers.iter().zip(&self.specs);
        both.map(|(core, spec)| Built { core: Arc::clone(core), spec: Arc::clone(spec) }).collect()
    }

    pub(crate) fn tracers(&self) -> &[Arc<TracerCore>] {
        &self.tracers
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone + use<'_> {
        self.tracers.iter().map(|core| &*core.info.name)
    }

    pub(crate) fn default_tracer(&self) -> &Arc<TracerCore> {
        &self.tracers[self.default]
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<TracerCore>> {
        self.tracers.get(*self.by_name.get(name)?)
    }

    pub(crate) fn by_id(&self, id: NameId) -> Option<&Arc<TracerCore>> {
        self.tracers.get((*self.by_id.get(id.index())?)?)
    }

    /// Whether inbound baggage is read.
    pub(crate) fn trusts_baggage(&self) -> bool {
        self.model.baggage.trusted
    }

    /// Baggage entries that spans take, and the attributes that they become.
    pub(crate) fn copied_baggage(&self) -> &[(Key, Key)] {
        &self.baggage
    }

    /// The name of the first route that leads to this tracer by itself.
    pub(crate) fn route_to(&self, tracer: TracerId) -> Option<Arc<str>> {
        let leads = |route: &&ResolvedRoute| matches!(&route.target, ResolvedTarget::Tracer(core) if core.id().has_name_of(tracer));
        self.routes.iter().find(leads).map(|route| Arc::clone(&route.name))
    }

    pub(crate) fn unknown_tracer(&self) -> UnknownTracerPolicy {
        self.model.unknown_tracer
    }

    pub(crate) fn on_switch(&self) -> OnSwitch {
        self.model.on_switch
    }

    pub(crate) fn remote_parent(&self) -> RemoteParent {
        self.model.remote_parent
    }
}
