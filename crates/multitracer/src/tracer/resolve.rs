//! The resolver of tracers: the one place that decides which tracer a call uses.
//!
//! An explicit choice wins over the ambient tracer. The ambient tracer wins over the default tracer
//! of the installed registry. A trace stays with the build of a tracer that it began in, also after
//! a reload replaced that tracer. New traces follow the configuration in force. While no tracer
//! drains, this check costs one relaxed load.

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;

use super::core::TracerCore;
use super::named::Tracer;
use super::tracer_set::TracerSet;
use crate::tracer::ambient::frame::{Frame, build_around, earlier_owner};
use crate::tracer::choice::as_tracer::TracerChoice;
use crate::tracer::choice::interned_name::TracerId;
use crate::tracer::choice::literal::Literal;

/// Returns the tracer that a `#[traced]` function uses here if it names none.
///
/// This is the ambient tracer, else the default tracer of the installed registry, else `None`.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
/// # let registry = Registry::builder().tracer(canary).build()?;
/// assert!(multitracer::current_tracer().is_none());
/// registry.tracer("canary")?.scope(|| {
///     assert_eq!(multitracer::current_tracer().unwrap().name(), "canary");
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn current_tracer() -> Option<Tracer> {
    let cx = Context::current();
    Tracer::ambient(&cx)?.in_force(&cx)
}

impl Tracer {
    /// Returns the ambient tracer of a context, else the default tracer of the installed registry.
    pub(crate) fn ambient(cx: &Context) -> Option<Self> {
        match Frame::of(cx) {
            Some(frame) => Some(frame.tracer().clone()),
            None => Self::installed(|set| Some(set.unframed_tracer(cx))),
        }
    }

    /// Returns the tracer that a literal names in the registry of a context.
    pub(crate) fn of_literal(cx: &Context, literal: &Literal, place: &dyn fmt::Display) -> Option<Self> {
        Self::in_registry_of(cx, |set| set.by_id(literal.id(), literal.name(), place))
    }

    /// Returns the tracer that a name means in the registry of a context.
    pub(crate) fn of_name(cx: &Context, name: &str, place: &dyn fmt::Display) -> Option<Self> {
        Self::in_registry_of(cx, |set| set.by_name(name, place))
    }

    /// Returns `true` if `cx` has a frame or a registry is installed.
    pub(crate) fn has_registry(cx: &Context) -> bool {
        Frame::of(cx).is_some() || TracerSet::installed().is_some()
    }

    /// Returns the chosen tracer, or `None` for the ambient tracer. The warning about an unknown
    /// name shows `place`.
    pub(crate) fn chosen(cx: &Context, choice: TracerChoice<'_>, place: &dyn fmt::Display) -> Option<Self> {
        match choice {
            TracerChoice::Ambient => None,
            TracerChoice::Tracer(tracer) | TracerChoice::Recorded { tracer, .. } => Some(tracer.clone()),
            TracerChoice::Constant(name) => Self::of_literal(cx, name.literal(), place),
            TracerChoice::Name(name) => Self::of_name(cx, name, place),
        }
    }

    /// Returns the tracer that `find` picks in the registry of a context.
    fn in_registry_of(
        cx: &Context,
        find: impl FnOnce(&TracerSet) -> Option<Arc<TracerCore>>,
    ) -> Option<Self> {
        match Frame::of(cx) {
            Some(frame) => Some(frame.tracer().sibling(find(frame.tracer().set())?)),
            None => Self::installed(find),
        }
    }

    /// Returns the build of this tracer that takes spans under `cx`. This is another build than the
    /// handle's if a reload replaced the tracer, or if the trace began before a reload.
    #[inline]
    pub(crate) fn in_force(self, cx: &Context) -> Option<Self> {
        if self.set().has_draining() { self.after_reload(cx) } else { Some(self) }
    }

    #[cold]
    fn after_reload(self, cx: &Context) -> Option<Self> {
        let (set, id) = (self.set(), self.core().id());
        if let Some(begun) = build_around(cx, set, id) {
            if begun == id {
                return Some(self);
            }
            if let Some(core) = set.build(begun) {
                return Some(self.sibling(core));
            }
        }
        let place = "a handle that is older than the last reload";
        let latest = set.by_id(id.name, self.name(), &place)?;
        Some(self.sibling(latest))
    }
}

impl TracerSet {
    /// Returns the build `id`, if it still takes spans.
    fn build(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        match self.roster().by_id(id.name) {
            Some(core) if core.id() == id => Some(Arc::clone(core)),
            _ => self.draining().find(id),
        }
    }

    /// Returns the ambient tracer of a context without a frame. This is the default tracer, or an
    /// earlier default tracer if the trace began before a reload.
    pub(crate) fn unframed_tracer(&self, cx: &Context) -> Arc<TracerCore> {
        let earlier = earlier_owner(cx, self).and_then(|id| self.build(id));
        earlier.unwrap_or_else(|| Arc::clone(self.roster().default_tracer()))
    }

    /// Returns `true` if `id` is the ambient tracer of a context without a frame. It must be the
    /// default tracer, and no other tracer may own the current span.
    pub(super) fn is_ambient_without_frame(&self, cx: &Context, id: TracerId) -> bool {
        self.is_installed()
            && self.default_id() == id
            && earlier_owner(cx, self).is_none_or(|owner| owner == id)
    }
}
