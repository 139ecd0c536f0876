//! The nearest span around a place in the program, seen from one tracer.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use super::frame::Frame;
use super::remembered::{Piece, Remembered};
use crate::tracer::owner::builds::{BuildNumber, TracerId};
use crate::tracer::owner::span_id::{is_owner, owner, root_of};
use crate::tracer::tracer_set::TracerSet;

/// The nearest span around a place in the program, seen from one tracer.
#[derive(Debug)]
pub(crate) enum NearestSpan {
    /// No span is around.
    None,
    /// The current span belongs to the tracer.
    Own(SpanContext),
    /// The current span does not belong to the tracer; this outer one does.
    OwnFurtherOut(SpanContext),
    /// The current span belongs to another tracer, or to nobody. No span of the tracer is known.
    Foreign(SpanContext),
    /// The tracer is silent here: it was disabled where the work around this place began. The
    /// request may have brought a span of the tracer.
    Silent(Option<SpanContext>),
}

/// Returns the nearest span around `cx` for `tracer`.
pub(crate) fn nearest_span(cx: &Context, set: &TracerSet, tracer: TracerId) -> NearestSpan {
    nearest_span_in(cx.span().span_context(), Frame::of(cx), set, tracer)
}

/// Returns the nearest span for `tracer` in a context with this current span and this frame.
pub(in crate::tracer) fn nearest_span_in(
    span: &SpanContext,
    frame: Option<&Frame>,
    set: &TracerSet,
    tracer: TracerId,
) -> NearestSpan {
    let is_valid = span.is_valid();
    if is_valid && is_owner(tracer.build, span) {
        return NearestSpan::Own(span.clone());
    }
    let remembered = Remembered::find(frame.and_then(Frame::remembered), |piece| piece.is_of(tracer));
    let remembered = remembered.map(|remembered| remembered.piece.to_nearest());
    if !is_valid {
        return remembered.unwrap_or(NearestSpan::None);
    }
    if !span.is_remote() {
        return match (root_around(span, tracer), remembered) {
            (Some(root), remembered) if !is_of_trace(remembered.as_ref(), span) => {
                NearestSpan::OwnFurtherOut(root)
            }
            (_, Some(remembered)) => remembered,
            (_, None) => NearestSpan::Foreign(span.clone()),
        };
    }
    match (frame.and_then(|frame| frame.since_arrival_of(span, tracer)), remembered) {
        (Some(piece), _) => piece.to_nearest(),
        (None, _) if is_remote_owner(frame, set, span, tracer) => NearestSpan::Own(span.clone()),
        (None, Some(silent @ NearestSpan::Silent(_))) => silent,
        (None, _) => NearestSpan::Foreign(span.clone()),
    }
}

/// Returns the first span of the trace of a foreign `span`, if `tracer` made it.
fn root_around(span: &SpanContext, tracer: TracerId) -> Option<SpanContext> {
    let (build, root) = root_of(span.trace_id())?;
    (build == tracer.build && owner(span).is_none()).then_some(root)
}

/// Returns `true` if a remembered span is nearer than the first span of the trace of `span`.
fn is_of_trace(remembered: Option<&NearestSpan>, span: &SpanContext) -> bool {
    match remembered {
        Some(NearestSpan::OwnFurtherOut(remembered)) => remembered.trace_id() == span.trace_id(),
        Some(NearestSpan::Silent(_)) => true,
        _ => false,
    }
}

/// Returns `true` if `tracer` owns the remote `span`. Outside of a frame, this is the default
/// tracer.
fn is_remote_owner(frame: Option<&Frame>, set: &TracerSet, span: &SpanContext, tracer: TracerId) -> bool {
    match frame {
        Some(frame) => frame.is_remote_owner(span, tracer),
        None => set.default_id().has_name_of(tracer),
    }
}

impl Piece {
    fn to_nearest(&self) -> NearestSpan {
        match self {
            Self::Local(_, span) | Self::Remote(_, span) => NearestSpan::OwnFurtherOut(span.clone()),
            Self::Silence(_, remote) => NearestSpan::Silent(remote.clone()),
        }
    }
}

/// Returns the build of the tracer `id` that the nearest local span around `cx` belongs to.
pub(in crate::tracer) fn build_around(cx: &Context, id: TracerId) -> Option<TracerId> {
    let named = |build: BuildNumber| build.tracer().filter(|tracer| tracer.has_name_of(id));
    let span = cx.span();
    let span = span.span_context();
    if let Some(current) = owner(span).and_then(named) {
        return Some(current);
    }
    if !span.is_remote()
        && let Some(of_trace) = root_of(span.trace_id()).and_then(|(build, _)| named(build))
    {
        return Some(of_trace);
    }
    let mut next = Frame::of(cx).and_then(Frame::remembered);
    while let Some(remembered) = next {
        if let Piece::Local(build, _) = &remembered.piece
            && let Some(tracer) = named(*build)
        {
            return Some(tracer);
        }
        next = remembered.outer.as_deref();
    }
    None
}
