//! Which tracer a name means here and now, with reloads in between.
//!
//! A trace stays with the build of a tracer that it began in; every other one gets what the configuration says now. Until
//! something was reloaded, each of these questions costs one relaxed load.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::Context;

use super::Registry;
use crate::tracer::{TracerCore, TracerId, build_around, creator};

impl Registry {
    /// What stands for `core` under `cx`; `core` itself, unless a reload took it out or the trace began before one.
    #[inline]
    pub(crate) fn in_force(&self, cx: &Context, core: Arc<TracerCore>) -> Option<Arc<TracerCore>> {
        if self.has_draining() { self.settled(cx, core) } else { Some(core) }
    }

    /// Whether a reload took tracers out that still take spans.
    pub(crate) fn has_draining(&self) -> bool {
        self.inner.draining.any()
    }

    /// Whether another tracer has been the default one.
    pub(crate) fn has_moved(&self) -> bool {
        self.inner.default_moved.load(Ordering::Relaxed)
    }

    #[cold]
    fn settled(&self, cx: &Context, core: Arc<TracerCore>) -> Option<Arc<TracerCore>> {
        if let Some(begun) = build_around(cx, self, core.id()) {
            if begun == core.id() {
                return Some(core);
            }
            if let Some(begun) = self.build_of(begun) {
                return Some(begun);
            }
        }
        self.latest(&core)
    }

    /// The tracer that has the name of `core` now.
    pub(crate) fn latest(&self, core: &Arc<TracerCore>) -> Option<Arc<TracerCore>> {
        self.named(core.id().name, &core.info.name, &"a handle that is older than the last reload")
    }

    /// The tracer of that very build, if it still takes spans.
    fn build_of(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        match self.snapshot().by_id(id.name) {
            Some(core) if core.id() == id => Some(Arc::clone(core)),
            _ => self.inner.draining.find(id),
        }
    }

    /// The default tracer as it is now.
    pub(crate) fn default_id(&self) -> TracerId {
        self.snapshot().default_tracer().id()
    }

    /// Whose the current span of `cx` is, in which nothing was entered.
    pub(crate) fn owner_in(&self, cx: &Context) -> TracerId {
        self.creator_in(cx).unwrap_or_else(|| self.default_id())
    }

    /// Whether a span of `id` belongs into `cx` as it is, since nothing was entered there and no other tracer's span is
    /// current.
    pub(crate) fn stands_for(&self, cx: &Context, id: TracerId) -> bool {
        self.default_id() == id && self.creator_in(cx).is_none_or(|creator| creator == id)
    }

    /// The ambient tracer of `cx`, in which nothing was entered: the default one, or an earlier one if the trace began before
    /// a reload.
    pub(crate) fn ambient_in(&self, cx: &Context) -> Arc<TracerCore> {
        let earlier = self.creator_in(cx).and_then(|id| self.build_of(id));
        earlier.unwrap_or_else(|| Arc::clone(self.snapshot().default_tracer()))
    }

    /// The tracer that made the current span of `cx`, where that may be another one than the default tracer.
    fn creator_in(&self, cx: &Context) -> Option<TracerId> {
        if self.has_moved() { creator(cx) } else { None }
    }
}
