//! The fast path of spans in an unsampled trace. Most calls of most services take it.
//!
//! It repeats rules of `ambient/frame.rs` and `resolve.rs` on purpose, for cases without a look-up.

use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use crate::export::is_export_thread;
use crate::tracer::ambient::current::with_current;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::choice::interned_name::NameId;
use crate::tracer::core::TracerCore;
use crate::tracer::owner::span_id::is_owner;
use crate::tracer::tracer_set::TracerSet;

/// Counts and skips a span of the ambient tracer, or of the tracer `name`, in an unsampled trace.
///
/// Returns `true` if the span is skipped. Returns `false` if the span may start, or if the answer
/// needs the slow path.
#[inline]
pub(crate) fn skip_unsampled(name: Option<NameId>) -> bool {
    let is_skipped = with_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        let is_silent = cx.is_telemetry_suppressed() || is_export_thread();
        if span.is_sampled() || span.is_remote() || !span.is_valid() || is_silent {
            return false;
        }
        match Frame::of(cx) {
            Some(frame) => !frame.is_silent() && skip(frame.tracer().core(), span, name),
            None => TracerSet::installed().is_some_and(|set| skip(set.roster().default_tracer(), span, name)),
        }
    });
    is_skipped.unwrap_or(true)
}

/// Counts and skips a span of the ambient tracer `core`, if `span` is an unsampled span of that
/// tracer. `name` may be another tracer's.
fn skip(core: &TracerCore, span: &SpanContext, name: Option<NameId>) -> bool {
    let skips = is_owner(core.id().build, span)
        && name.is_none_or(|name| core.id().name == name)
        && core.is_on()
        && !core.sampling.samples_unsampled_traces();
    if skips {
        core.sinks.here().count(false);
    }
    skips
}
