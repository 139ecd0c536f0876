//! What a registry holds at one moment: swapped whole, never changed in place.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::UnknownTracer as UnknownTracerPolicy;
use crate::experiment::ExperimentCore;
use crate::routing::Router;
use crate::tracer::{NameId, TracerCore, TracerId};

/// Tracers, routes and experiments, resolved against each other.
pub(crate) struct Snapshot {
    pub(super) tracers: Vec<Arc<TracerCore>>,
    pub(super) by_name: HashMap<Arc<str>, usize>,
    /// Indexed by interned name.
    pub(super) by_id: Vec<Option<usize>>,
    pub(super) default: usize,
    pub(super) unknown_tracer: UnknownTracerPolicy,
    pub(super) trusted_baggage: bool,
    pub(super) router: Router,
    /// Beside the router's rules.
    pub(super) routes: Vec<ResolvedRoute>,
    pub(super) experiments: Vec<Arc<ExperimentCore>>,
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
    pub(crate) fn tracers(&self) -> &[Arc<TracerCore>] {
        &self.tracers
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone + use<'_> {
        self.tracers.iter().map(|core| &*core.about.name)
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
        self.trusted_baggage
    }

    /// The name of the first route that leads to this tracer by itself.
    pub(crate) fn route_to(&self, tracer: TracerId) -> Option<Arc<str>> {
        let leads = |route: &&ResolvedRoute| matches!(&route.target, ResolvedTarget::Tracer(core) if core.id() == tracer);
        self.routes.iter().find(leads).map(|route| Arc::clone(&route.name))
    }

    pub(crate) fn unknown_tracer(&self) -> UnknownTracerPolicy {
        self.unknown_tracer
    }
}
