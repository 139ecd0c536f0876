//! The quick way through a trace that is not sampled: most calls of most services.

use std::sync::atomic::Ordering;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use super::ambient::Frame;
use super::core::TracerCore;
use super::name::NameId;
use super::owners::owner;
use crate::registry::Registry;

/// Whether a span of the ambient tracer, or of that `name`, comes to nothing here, since the trace around was left out at its root;
/// counts it then. Says no as well wherever that takes longer to find out.
#[inline]
pub(crate) fn left_out(name: Option<NameId>) -> bool {
    Context::map_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        if span.is_sampled() || span.is_remote() || !span.is_valid() || cx.is_telemetry_suppressed() {
            return false;
        }
        match Frame::of(cx) {
            Some(frame) => {
                let settled = !frame.inherits(span) && !frame.registry().has_retired();
                settled && is_left_out(frame.tracer(), name)
            }
            None => in_installed(span, name),
        }
    })
}

fn in_installed(span: &SpanContext, name: Option<NameId>) -> bool {
    let Some(registry) = Registry::installed() else { return false };
    !registry.has_retired()
        && !registry.has_moved()
        && owner(span).is_none()
        && is_left_out(registry.snapshot().default_tracer(), name)
}

/// `core` is the tracer of the trace around.
fn is_left_out(core: &TracerCore, name: Option<NameId>) -> bool {
    let left_out = name.is_none_or(|name| core.id().name == name) && core.is_on() && !core.sampling.revives();
    if left_out {
        core.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
    }
    left_out
}
