//! The resolver of tracers: the one place that decides which tracer a call uses.
//!
//! An explicit choice wins over the ambient tracer. The ambient tracer is that of the context's
//! frame, else the owner of the current span, else the default tracer of the installed registry. A
//! trace stays with the build of a tracer that it began in, also after
//! a reload replaced that tracer. New traces follow the configuration in force. While no tracer
//! drains, this check costs one relaxed load.

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use super::core::TracerCore;
use super::named::Tracer;
use super::tracer_set::TracerSet;
use crate::tracer::ambient::current::current_context;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::nearest::build_around;
use crate::tracer::choice::as_tracer::TracerChoice;
use crate::tracer::choice::literal::Literal;
use crate::tracer::owner::builds::TracerId;
use crate::tracer::owner::span_id::owner;

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
    let cx = current_context();
    Tracer::ambient(&cx)?.in_force(&cx)
}

/// The tracer that a call chose.
#[derive(Debug)]
pub(crate) enum Chosen {
    /// The ambient tracer, because the call chose none.
    Ambient(Tracer),
    /// A tracer of the call's choice.
    Named(Tracer),
    /// No tracer: an unknown name, where the configuration says `drop`. The tracer here gives the
    /// registry.
    Dropped(Tracer),
    /// A name that was chosen where no registry was in force.
    Later(String),
    /// No tracer: no registry is in force, or the context is silent.
    Nothing,
}

/// The consequence of a choice.
#[derive(Debug)]
pub(crate) enum Readiness {
    /// The tracer takes spans.
    Ready(Tracer),
    /// No span starts, and the work runs in this silent context.
    Silent(Context),
    /// No span starts, and the context stays.
    Unchanged,
}

impl Chosen {
    /// Returns the chosen tracer. The warning about an unknown name shows `place`.
    pub(crate) fn of(cx: &Context, choice: TracerChoice<'_>, place: &dyn fmt::Display) -> Self {
        match choice {
            TracerChoice::Ambient => Self::ambient(cx),
            TracerChoice::Tracer(tracer) | TracerChoice::Recorded { tracer, .. } => {
                Self::Named(tracer.clone())
            }
            TracerChoice::Constant(name) => {
                Self::of_literal(cx, name.literal(), place).or_later(name.literal().name())
            }
            TracerChoice::Name(name) => Self::of_name(cx, name, place).or_later(name),
        }
    }

    /// Returns this choice, or waits for a registry that knows `name`.
    fn or_later(self, name: &str) -> Self {
        match self {
            Self::Nothing => Self::Later(name.to_owned()),
            found => found,
        }
    }

    /// Looks up a name that waited for a registry, in the context in which the span starts.
    pub(crate) fn at_start(self, cx: &Context, place: &dyn fmt::Display) -> Self {
        match self {
            Self::Later(name) => Self::of_name(cx, &name, place),
            found => found,
        }
    }

    pub(crate) fn ambient(cx: &Context) -> Self {
        Tracer::ambient(cx).map_or(Self::Nothing, Self::Ambient)
    }

    /// Returns the tracer that a literal names in the registry of a context.
    pub(crate) fn of_literal(cx: &Context, literal: &Literal, place: &dyn fmt::Display) -> Self {
        Self::in_registry_of(cx, |set| set.by_id(literal.id(), literal.name(), place))
    }

    /// Returns the tracer that a name means in the registry of a context.
    fn of_name(cx: &Context, name: &str, place: &dyn fmt::Display) -> Self {
        Self::in_registry_of(cx, |set| set.by_name(name, place))
    }

    /// Returns the tracer that `find` picks in the registry of a context.
    fn in_registry_of(cx: &Context, find: impl FnOnce(&TracerSet) -> Option<Arc<TracerCore>>) -> Self {
        let Some(any) = Tracer::of_registry_of(cx) else { return Self::Nothing };
        match find(any.set()) {
            Some(core) => Self::Named(any.sibling(core)),
            None => Self::Dropped(any),
        }
    }

    /// Returns the choice with the build of its tracer that takes spans under `cx`.
    fn in_force(self, cx: &Context) -> Self {
        match self {
            Self::Named(tracer) if tracer.set().has_draining() => match tracer.clone().in_force(cx) {
                Some(latest) => Self::Named(latest),
                None => Self::Dropped(tracer),
            },
            Self::Ambient(tracer) => tracer.in_force(cx).map_or(Self::Nothing, Self::Ambient),
            other => other,
        }
    }

    /// Returns `cx` with the chosen tracer as its ambient tracer.
    pub(crate) fn enter(self, cx: &Context) -> Context {
        match self.in_force(cx) {
            Self::Ambient(tracer) | Self::Named(tracer) => Frame::enter(cx, tracer),
            Self::Dropped(tracer) => Frame::silence_unknown(cx, tracer),
            Self::Later(_) | Self::Nothing => cx.clone(),
        }
    }

    /// Decides if the chosen tracer takes a span under `cx`.
    pub(crate) fn readiness(self, cx: &Context) -> Readiness {
        let is_silent_for = |tracer: &Tracer| {
            Frame::of(cx)
                .is_some_and(|frame| frame.is_silent() && Arc::ptr_eq(frame.tracer().core(), tracer.core()))
        };
        match self.in_force(cx) {
            Self::Ambient(tracer) | Self::Named(tracer) if tracer.is_on() => Readiness::Ready(tracer),
            Self::Named(tracer) if is_silent_for(&tracer) => Readiness::Unchanged,
            Self::Named(tracer) => Readiness::Silent(Frame::silence(cx, tracer)),
            Self::Dropped(_) if Frame::of(cx).is_some_and(Frame::is_silent) => Readiness::Unchanged,
            Self::Dropped(tracer) => Readiness::Silent(Frame::silence_unknown(cx, tracer)),
            Self::Ambient(_) | Self::Later(_) | Self::Nothing => Readiness::Unchanged,
        }
    }
}

impl Tracer {
    /// Returns the ambient tracer of a context. Returns `None` without a registry, and in a silent
    /// context.
    pub(crate) fn ambient(cx: &Context) -> Option<Self> {
        match Frame::of(cx) {
            Some(frame) if frame.is_silent() => None,
            Some(frame) => Some(frame.tracer().clone()),
            None => Self::without_frame(cx, Self::installed_default),
        }
    }

    /// Returns the tracer that a context was entered with, also if it is silent there.
    pub(crate) fn of_frame(cx: &Context) -> Option<Self> {
        Frame::of(cx).map(|frame| frame.tracer().clone())
    }

    /// Returns the owner of the current span of a context without a frame, else the default tracer.
    pub(crate) fn without_frame(cx: &Context, default: impl FnOnce() -> Option<Self>) -> Option<Self> {
        let span = cx.span();
        let span = span.span_context();
        let Some(build) = owner(span) else { return default() };
        if let Some(set) = TracerSet::installed()
            && set.default_id().build == build
        {
            return Self::installed_default();
        }
        match Self::of_build(build) {
            Some(tracer) => Some(tracer),
            // the build is gone, and its trace was not sampled
            None if !span.is_sampled() => None,
            None => default(),
        }
    }

    /// Returns a tracer of the registry of a context.
    pub(crate) fn of_registry_of(cx: &Context) -> Option<Self> {
        match Frame::of(cx) {
            Some(frame) => Some(frame.tracer().clone()),
            None => Self::without_frame(cx, Self::installed_default).or_else(Self::installed_default),
        }
    }

    fn installed_default() -> Option<Self> {
        Self::installed(|set| Some(set.default_tracer()))
    }

    /// Returns the owner of the current span, if the span is a local one of multitracer.
    #[cfg(feature = "fmt")]
    pub(crate) fn of_current_span(cx: &Context) -> Option<Self> {
        owner(cx.span().span_context()).and_then(Self::of_build)
    }

    /// Returns `true` if `cx` itself says which tracer is ambient.
    #[cfg(feature = "tracing")]
    pub(crate) fn is_known(cx: &Context) -> bool {
        Frame::of(cx).is_some() || owner(cx.span().span_context()).is_some()
    }

    /// Returns `cx` with the owner of its current span as the ambient tracer, if no frame names a
    /// tracer and the default tracer is another one.
    ///
    /// A remote or foreign span that becomes current inside then changes nothing.
    #[cfg(feature = "tracing")]
    pub(crate) fn enter_owner(cx: &Context) -> Option<Context> {
        if Frame::of(cx).is_some() {
            return None;
        }
        let owner = owner(cx.span().span_context())?;
        if TracerSet::installed().is_some_and(|set| set.default_id().build == owner) {
            return None;
        }
        Some(Frame::enter(cx, Self::of_build(owner)?))
    }

    /// Returns the tracer that `cx` itself names. The flag is `true` if the context is silent.
    #[cfg(feature = "tracing")]
    pub(crate) fn known_id(cx: &Context) -> Option<(TracerId, bool)> {
        if let Some(frame) = Frame::of(cx) {
            return Some((frame.tracer().core().id(), frame.is_silent()));
        }
        let build = owner(cx.span().span_context())?;
        let default = TracerSet::installed().map(TracerSet::default_id).filter(|id| id.build == build);
        default.or_else(|| build.tracer()).map(|id| (id, false))
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
        if let Some(begun) = build_around(cx, id) {
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
    pub(super) fn build(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        match self.roster().by_id(id.name) {
            Some(core) if core.id() == id => Some(Arc::clone(core)),
            _ => self.draining().find(id),
        }
    }

    /// Returns the default tracer of the configuration in force.
    pub(crate) fn default_tracer(&self) -> Arc<TracerCore> {
        Arc::clone(self.roster().default_tracer())
    }
}
