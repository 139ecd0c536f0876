//! The entry of a `Context` that names the ambient tracer and remembers spans.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceId};

use super::remembered::{Piece, Remembered};
use crate::tracer::named::Tracer;
use crate::tracer::owner::builds::TracerId;
use crate::tracer::owner::span_id::{is_owner, owner, root_of};

/// `true` after the first frame was added. Until then, a process that never switches tracers skips
/// the look-up.
static FRAMES_EXIST: AtomicBool = AtomicBool::new(false);

/// The entry of a `Context` that names the ambient tracer.
///
/// A frame is added only where the tracer changes, where a request arrives, and where a span hides
/// a span that later spans need. The current span is no part of it: a span's id names its owner.
pub(crate) struct Frame {
    tracer: Tracer,
    /// `true` if spans without a choice of their own do not start.
    is_silent: bool,
    /// The newest memory, which holds the older ones.
    remembered: Option<Remembered>,
    arrival: Option<Arrival>,
}

/// The remote span of the request or message that is processed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    trace: TraceId,
    span: SpanId,
    /// The tracer that the span belongs to. `None` stands for a tracer that is not known here.
    owner: Option<TracerId>,
    /// The number of arrivals around this one, and this one.
    depth: u32,
}

impl Frame {
    /// Returns the frame of a context.
    #[inline]
    pub(crate) fn of(cx: &Context) -> Option<&Self> {
        if FRAMES_EXIST.load(Ordering::Relaxed) { cx.get::<Self>() } else { None }
    }

    /// Returns `true` if both were added at the same place and time.
    pub(super) fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    pub(crate) fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Returns `true` if spans without a choice of their own do not start.
    pub(crate) fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Returns `cx` with `tracer` as its ambient tracer. The current span stays current.
    pub(crate) fn enter(cx: &Context, tracer: Tracer) -> Context {
        Self::new(cx, tracer).add_to(cx)
    }

    /// Returns `cx` with `tracer` as its ambient tracer, and remembers `span` of `tracer`. The
    /// caller makes the span current.
    pub(in crate::tracer) fn enter_with_span(cx: &Context, tracer: Tracer, span: SpanContext) -> Context {
        let mut frame = Self::new(cx, tracer);
        let owner = frame.tracer.core().id().build;
        frame.remember(Piece::Local(owner, span));
        frame.add_to(cx)
    }

    /// Returns a frame for `cx` with `tracer` as its ambient tracer. The current remote span is
    /// that of a request that arrives now, and belongs to `owner`. `None` stands for a tracer that
    /// is not known here. A remote span arrives once: an inner message without a span of its own,
    /// or with the same span, belongs to the outer request.
    pub(crate) fn arriving(cx: &Context, tracer: Tracer, owner: Option<TracerId>) -> Self {
        let span = cx.span().span_context().clone();
        let mut frame = Self::empty(cx, tracer);
        let has_arrived = frame.arrival.is_some_and(|arrival| arrival.is_span(&span));
        if span.is_valid() && span.is_remote() && !has_arrived {
            frame.add_arrival(span, owner);
        } else {
            frame.remember_current(cx);
        }
        frame
    }

    /// Remembers `span` of the ambient tracer. The caller makes the span current.
    #[cfg(feature = "tower")]
    pub(in crate::tracer) fn remember_own(&mut self, span: SpanContext) {
        self.remember(Piece::Local(self.tracer.core().id().build, span));
    }

    /// Returns `cx` without spans of `tracer`, which stays silent inside.
    pub(crate) fn silence(cx: &Context, tracer: Tracer) -> Context {
        let mut frame = Self::new(cx, tracer);
        frame.is_silent = true;
        let tracer = frame.tracer.core().id();
        let known = Remembered::find(frame.remembered.as_ref(), |piece| piece.is_of(tracer));
        let remote = known.and_then(|known| known.piece.remote()).cloned();
        frame.remember(Piece::Silence(tracer, remote));
        frame.add_to(cx)
    }

    /// Returns `cx` without spans, except of tracers that are chosen inside. `tracer` gives the
    /// registry.
    pub(crate) fn silence_unknown(cx: &Context, tracer: Tracer) -> Context {
        let mut frame = Self::new(cx, tracer);
        frame.is_silent = true;
        frame.add_to(cx)
    }

    /// Returns the spans that the frame remembers, innermost first.
    pub(in crate::tracer) fn remembered(&self) -> Option<&Remembered> {
        self.remembered.as_ref()
    }

    /// Returns `true` if `tracer` owns the remote `span`: the span arrived for it, or did not
    /// arrive here and `tracer` is the default tracer.
    pub(super) fn is_remote_owner(&self, span: &SpanContext, tracer: TracerId) -> bool {
        match self.arrival.filter(|arrival| arrival.is_span(span)) {
            Some(arrival) => arrival.owner.is_some_and(|owner| owner.has_name_of(tracer)),
            None => self.tracer.set().default_id().has_name_of(tracer),
        }
    }

    /// Returns what is remembered of `tracer` since the request of the remote `span` arrived.
    pub(super) fn since_arrival_of(&self, span: &SpanContext, tracer: TracerId) -> Option<&Piece> {
        let arrival = self.arrival.filter(|arrival| arrival.trace == span.trace_id())?;
        let remembered = Remembered::find(self.remembered(), |piece| piece.is_of(tracer))?;
        (remembered.depth == arrival.depth && !remembered.piece.is_remote()).then_some(&remembered.piece)
    }

    /// Returns `true` if `new`, a span of `tracer` that starts under `current`, needs a frame of
    /// its own, because this frame would forget something.
    pub(in crate::tracer) fn would_forget(
        &self,
        current: &SpanContext,
        new: &SpanContext,
        tracer: TracerId,
    ) -> bool {
        let depth = self.arrival.map_or(0, |arrival| arrival.depth);
        let hides_nothing = || {
            !current.is_valid()
                || is_owner(tracer.build, current)
                || (!current.is_remote() && owner(current).is_none())
        };
        // a trace id that names the first span needs no memory
        let is_named = || root_of(new.trace_id()).is_some_and(|(build, _)| build == tracer.build);
        if depth == 0 && hides_nothing() && is_named() {
            return false;
        }
        let own = Remembered::find(self.remembered(), |piece| piece.is_of(tracer));
        if !own.is_some_and(|own| own.depth == depth && !own.piece.is_remote()) {
            return true;
        }
        if !current.is_valid() {
            return false;
        }
        if current.is_remote() {
            return !self.arrival.is_some_and(|arrival| arrival.trace == current.trace_id());
        }
        owner(current).is_some_and(|other| other != tracer.build)
    }
}

impl Arrival {
    fn is_span(&self, span: &SpanContext) -> bool {
        self.trace == span.trace_id() && self.span == span.span_id()
    }
}

impl Frame {
    /// Returns a frame that remembers what `cx` remembers, and its current span.
    fn new(cx: &Context, tracer: Tracer) -> Self {
        let mut frame = Self::empty(cx, tracer);
        frame.remember_current(cx);
        frame
    }

    /// Returns a frame that remembers what `cx` remembers.
    fn empty(cx: &Context, tracer: Tracer) -> Self {
        let outer = Self::of(cx);
        Self {
            tracer,
            is_silent: false,
            remembered: outer.and_then(|outer| outer.remembered.clone()),
            arrival: outer.and_then(|outer| outer.arrival),
        }
    }

    /// Remembers the current span of `cx`, which a later span may hide.
    fn remember_current(&mut self, cx: &Context) {
        let span = cx.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        if span.is_remote() {
            if !self.arrival.is_some_and(|arrival| arrival.trace == span.trace_id()) {
                // the registry in force is that of `cx`, not the one that is entered
                let in_force = Self::of(cx).map_or(&self.tracer, Self::tracer);
                let owner = in_force.set().default_id();
                self.add_arrival(span.clone(), Some(owner));
            }
        } else if let Some(owner) = owner(span) {
            self.remember(Piece::Local(owner, span.clone()));
        }
    }

    /// Remembers the remote `span` of a request that arrives.
    fn add_arrival(&mut self, span: SpanContext, owner: Option<TracerId>) {
        let depth = self.arrival.map_or(0, |arrival| arrival.depth) + 1;
        self.arrival = Some(Arrival { trace: span.trace_id(), span: span.span_id(), owner, depth });
        if let Some(owner) = owner {
            self.remember(Piece::Remote(owner, span));
        }
    }

    fn remember(&mut self, piece: Piece) {
        let depth = self.arrival.map_or(0, |arrival| arrival.depth);
        self.remembered = Some(Remembered::push(self.remembered.take(), piece, depth));
    }

    /// Returns `cx` with this frame.
    pub(crate) fn add_to(self, cx: &Context) -> Context {
        FRAMES_EXIST.store(true, Ordering::Relaxed);
        cx.with_value(self)
    }
}
