//! The fast path of an unsampled trace, which most calls of most services take.

use std::sync::atomic::Ordering;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::span_owners::owner;
use crate::tracer::choice::interned_name::NameId;
use crate::tracer::core::TracerCore;
use crate::tracer::tracer_set::TracerSet;

/// Returns `true` if a span of the ambient tracer, or of the tracer `name`, is not made because the
/// trace around was not sampled at its root, and counts that span. Returns `false` wherever the answer
/// takes longer to find.
#[inline]
pub(crate) fn skip_unsampled(name: Option<NameId>) -> bool {
    Context::map_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        if span.is_sampled() || span.is_remote() || !span.is_valid() || cx.is_telemetry_suppressed() {
            return false;
        }
        match Frame::of(cx) {
            Some(frame) => {
                let tracer = frame.tracer();
                let is_own = !frame.inherits(span) && !tracer.set().has_draining();
                is_own && skip(tracer.core(), name)
            }
            None => skip_in_installed(span, name),
        }
    })
}

fn skip_in_installed(span: &SpanContext, name: Option<NameId>) -> bool {
    let Some(set) = TracerSet::installed() else { return false };
    !set.has_draining()
        && !set.has_moved()
        && owner(span).is_none()
        && skip(set.roster().default_tracer(), name)
}

/// Counts a span of `core`, the tracer of the trace around, unless `name` is another tracer's.
fn skip(core: &TracerCore, name: Option<NameId>) -> bool {
    let skips = name.is_none_or(|name| core.id().name == name) && core.is_on() && !core.sampling.revives();
    if skips {
        core.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
    }
    skips
}
