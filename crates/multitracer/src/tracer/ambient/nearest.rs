//! The nearest span around a place in the program, seen from one tracer.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use super::frame::Frame;
use super::remembered::{Piece, Remembered};
use crate::tracer::owner::builds::{BuildNumber, TracerId};
use crate::tracer::owner::span_id::{is_owner, owner};
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
    let span = cx.span();
    let span = span.span_context();
    let is_valid = span.is_valid();
    if is_valid && is_owner(tracer.build, span) {
        return NearestSpan::Own(span.clone());
    }
    let frame = Frame::of(cx);
    let remembered = Remembered::find(frame.and_then(Frame::remembered), |piece| piece.is_of(tracer));
    let remembered = remembered.map(|remembered| remembered.piece.to_nearest());
    if !is_valid || !span.is_remote() {
        let nothing = || if is_valid { NearestSpan::Foreign(span.clone()) } else { NearestSpan::None };
        return remembered.unwrap_or_else(nothing);
    }
    match (frame.and_then(|frame| frame.since_arrival_of(span, tracer)), remembered) {
        (Some(piece), _) => piece.to_nearest(),
        (None, _) if is_remote_owner(frame, set, span, tracer) => NearestSpan::Own(span.clone()),
        (None, Some(silent @ NearestSpan::Silent(_))) => silent,
        (None, _) => NearestSpan::Foreign(span.clone()),
    }
}

/// Returns `true` if `tracer` owns the remote `span`. Outside of a frame, this is the default tracer.
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
    if let Some(current) = owner(cx.span().span_context()).and_then(named) {
        return Some(current);
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
