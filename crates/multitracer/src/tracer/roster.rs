//! The tracers of one configuration, by name.

use std::collections::HashMap;
use std::sync::Arc;

use opentelemetry::Key;

use super::core::TracerCore;
use crate::config::model::ConfigModel;
use crate::config::{OnSwitch, RemoteParent, UnknownTracerPolicy};
use crate::tracer::choice::interned_name::NameId;

/// The tracers of one configuration, with the rules that apply to all of them. A roster is never
/// empty.
///
/// A roster never changes. A reload replaces it.
pub(crate) struct Roster {
    tracers: Vec<Arc<TracerCore>>,
    by_name: HashMap<Arc<str>, usize>,
    /// Positions in `tracers`, indexed by interned name.
    by_id: Vec<Option<usize>>,
    default: usize,
    pub(super) unknown_tracer: UnknownTracerPolicy,
    pub(super) on_switch: OnSwitch,
    pub(super) remote_parent: RemoteParent,
    /// Baggage entries that spans record, and the attributes that they become.
    pub(super) copied_baggage: Box<[(Key, Key)]>,
}

impl Roster {
    /// Creates a roster of `tracers`, with the default tracer and the rules of `model`. The model
    /// is checked, so its default tracer exists.
    pub(crate) fn new(model: &ConfigModel, tracers: Vec<Arc<TracerCore>>) -> Self {
        let by_name: HashMap<Arc<str>, usize> =
            tracers.iter().enumerate().map(|(index, core)| (Arc::clone(&core.info.name), index)).collect();
        let mut by_id = Vec::new();
        for (index, core) in tracers.iter().enumerate() {
            let id = core.id().name.index();
            if by_id.len() <= id {
                by_id.resize(id + 1, None);
            }
            by_id[id] = Some(index);
        }
        let attributes = model.baggage.attributes.iter();
        Self {
            default: by_name.get(model.default_tracer.as_str()).copied().unwrap_or(0),
            tracers,
            by_name,
            by_id,
            unknown_tracer: model.unknown_tracer,
            on_switch: model.on_switch,
            remote_parent: model.remote_parent,
            copied_baggage: attributes
                .map(|(entry, attribute)| (entry.clone().into(), attribute.clone().into()))
                .collect(),
        }
    }

    /// Returns the tracers in the configuration's order.
    pub(crate) fn tracers(&self) -> &[Arc<TracerCore>] {
        &self.tracers
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone + use<'_> {
        self.tracers.iter().map(|core| &*core.info.name)
    }

    pub(crate) fn default_tracer(&self) -> &Arc<TracerCore> {
        &self.tracers[self.default]
    }

    /// Returns a tracer's position in the configuration's order.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&Arc<TracerCore>> {
        self.tracers.get(self.position(name)?)
    }

    pub(crate) fn by_id(&self, id: NameId) -> Option<&Arc<TracerCore>> {
        self.tracers.get((*self.by_id.get(id.index())?)?)
    }
}
