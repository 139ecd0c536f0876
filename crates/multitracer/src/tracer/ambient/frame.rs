//! The ambient tracer of a `Context`, and the spans around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::span_owners::owner;
use crate::tracer::choice::interned_name::TracerId;
use crate::tracer::named::Tracer;
use crate::tracer::starting::tagged_span::creator;
use crate::tracer::tracer_set::TracerSet;

/// `true` after the first frame was added. Until then, a process that never switches tracers skips
/// the look-up.
static FRAMES_EXIST: AtomicBool = AtomicBool::new(false);

/// The entry of a `Context` that names the ambient tracer.
///
/// A frame is added only where the tracer changes. Every span that becomes current under a frame
/// belongs to the frame's tracer. The span that was current when the frame was added is the
/// exception.
#[derive(Clone)]
pub(crate) struct Frame(Arc<Inner>);

struct Inner {
    tracer: Tracer,
    /// The span that was current when the frame was added.
    inherited: Option<OwnedSpanContext>,
    outer: Option<Arc<OuterSpans>>,
}

/// A span context and the tracer that owns it.
#[derive(Clone, Debug)]
pub(crate) struct OwnedSpanContext {
    tracer: TracerId,
    span: SpanContext,
}

/// The spans of other tracers around a frame, innermost first, one per tracer.
struct OuterSpans {
    nearest: OwnedSpanContext,
    outer: Option<Arc<Self>>,
}

impl Frame {
    /// Returns the frame of a context.
    pub(crate) fn of(cx: &Context) -> Option<&Self> {
        if FRAMES_EXIST.load(Ordering::Relaxed) { cx.get::<Self>() } else { None }
    }

    /// Returns `true` if both were added at the same place and time.
    fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns `true` if `current` has a frame that `earlier` does not have: another tracer was
    /// entered in between.
    pub(crate) fn was_entered_since(earlier: &Context, current: &Context) -> bool {
        Self::of(current).is_some_and(|entered| !Self::of(earlier).is_some_and(|frame| frame.ptr_eq(entered)))
    }

    /// Returns `true` if `span` was current when the frame was added.
    pub(in crate::tracer) fn inherits(&self, span: &SpanContext) -> bool {
        self.0.inherited.as_ref().is_some_and(|inherited| is_same(&inherited.span, span))
    }

    pub(crate) fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// Returns `cx` with `tracer` as its ambient tracer. The current span stays current and keeps
    /// its owner.
    pub(crate) fn enter(cx: &Context, tracer: Tracer) -> Context {
        let inherited = current_span(cx, tracer.set());
        let outer = Self::of(cx).and_then(|frame| frame.0.outer.clone());
        let outer = match &inherited {
            Some(inherited) => Some(Arc::new(OuterSpans {
                outer: without_tracer(outer.as_ref(), inherited.tracer),
                nearest: inherited.clone(),
            })),
            None => outer,
        };
        Self::add(cx, Inner { tracer, inherited, outer })
    }

    /// Returns `cx` with `tracer` as its ambient tracer. The current span is remote and belongs to
    /// `tracer`.
    pub(crate) fn enter_remote(cx: &Context, tracer: Tracer) -> Context {
        let span = cx.span().span_context().clone();
        let inherited = Some(OwnedSpanContext { tracer: tracer.core().id(), span });
        let outer = Self::of(cx).and_then(|frame| frame.0.outer.clone());
        Self::add(cx, Inner { tracer, inherited, outer })
    }

    /// Returns `cx` with `tracer` as its ambient tracer. The current span belongs to `tracer`. The
    /// frame knows no outer spans.
    #[cfg(feature = "tracing")]
    pub(crate) fn adopt(cx: &Context, tracer: Tracer) -> Context {
        Self::add(cx, Inner { tracer, inherited: None, outer: None })
    }

    fn add(cx: &Context, inner: Inner) -> Context {
        FRAMES_EXIST.store(true, Ordering::Relaxed);
        cx.with_value(Self(Arc::new(inner)))
    }

    fn outer_span(&self, tracer: TracerId) -> Option<&SpanContext> {
        let mut next = self.0.outer.as_ref();
        while let Some(spans) = next {
            if spans.nearest.tracer == tracer {
                return Some(&spans.nearest.span);
            }
            next = spans.outer.as_ref();
        }
        None
    }
}

/// Returns `list` without the entry of `tracer`, which a nearer span replaces.
fn without_tracer(list: Option<&Arc<OuterSpans>>, tracer: TracerId) -> Option<Arc<OuterSpans>> {
    let list = list?;
    if list.nearest.tracer == tracer {
        return list.outer.clone();
    }
    match without_tracer(list.outer.as_ref(), tracer) {
        None if list.outer.is_none() => Some(Arc::clone(list)),
        outer => Some(Arc::new(OuterSpans { nearest: list.nearest.clone(), outer })),
    }
}

/// Returns the current span of a context with the tracer that owns it: the frame's tracer, or the
/// default one without a frame. A remote span belongs to the default tracer.
fn current_span(cx: &Context, set: &TracerSet) -> Option<OwnedSpanContext> {
    let span = cx.span();
    let span = span.span_context();
    if !span.is_valid() {
        return None;
    }
    let tracer = match Frame::of(cx) {
        None => match owner(span) {
            Some(owner) => owner.core().id(),
            None => unframed_owner(cx, set.without_frame()),
        },
        Some(frame) => match &frame.0.inherited {
            Some(inherited) if is_same(&inherited.span, span) => inherited.tracer,
            // a message brought this span after the frame was added, so its tracer is unknown
            _ if span.is_remote() => frame.0.tracer.set().default_id(),
            _ => frame.0.tracer.core().id(),
        },
    };
    Some(OwnedSpanContext { tracer, span: span.clone() })
}

/// Returns the tracer that owns the current span of a context without a frame.
fn unframed_owner(cx: &Context, set: &TracerSet) -> TracerId {
    earlier_owner(cx, set).unwrap_or_else(|| set.default_id())
}

/// Returns the tracer that started the current span of a context without a frame. `None` stands for
/// the default tracer.
pub(in crate::tracer) fn earlier_owner(cx: &Context, set: &TracerSet) -> Option<TracerId> {
    if set.has_default_moved() { creator(cx) } else { None }
}

fn is_same(a: &SpanContext, b: &SpanContext) -> bool {
    a.span_id() == b.span_id() && a.trace_id() == b.trace_id()
}

/// Returns the build of the tracer `id` that the nearest local span around `cx` belongs to.
pub(in crate::tracer) fn build_around(cx: &Context, set: &TracerSet, id: TracerId) -> Option<TracerId> {
    let is_local_span_of_tracer =
        |owned: &OwnedSpanContext| owned.tracer.has_name_of(id) && !owned.span.is_remote();
    if let Some(current) = current_span(cx, set).filter(is_local_span_of_tracer) {
        return Some(current.tracer);
    }
    let mut next = Frame::of(cx).and_then(|frame| frame.0.outer.as_ref());
    while let Some(spans) = next {
        if is_local_span_of_tracer(&spans.nearest) {
            return Some(spans.nearest.tracer);
        }
        next = spans.outer.as_ref();
    }
    None
}

/// The nearest span around a place in the program, seen from one tracer.
#[derive(Debug)]
pub(crate) enum NearestSpan {
    /// No span is around.
    None,
    /// The current span belongs to the tracer.
    Own(SpanContext),
    /// The current span belongs to another tracer; this outer one belongs to the tracer.
    OwnFurtherOut(SpanContext),
    /// The current span belongs to another tracer, and no span of the tracer encloses it.
    Foreign(SpanContext),
}

/// Returns the nearest span around `cx` for `tracer`.
pub(crate) fn nearest_span(cx: &Context, set: &TracerSet, tracer: TracerId) -> NearestSpan {
    let current = current_span(cx, set);
    if let Some(current) = &current
        && current.tracer == tracer
    {
        return NearestSpan::Own(current.span.clone());
    }
    if let Some(own) = Frame::of(cx).and_then(|frame| frame.outer_span(tracer)) {
        return NearestSpan::OwnFurtherOut(own.clone());
    }
    current.map_or(NearestSpan::None, |current| NearestSpan::Foreign(current.span))
}
