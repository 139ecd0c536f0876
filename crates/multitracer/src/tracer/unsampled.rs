//! The quick way through a trace that is not sampled: most calls of most services.

use std::sync::atomic::Ordering;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};

use super::ambient::Frame;
use super::core::TracerCore;
use super::interned_name::NameId;
use super::span_owners::owner;
use crate::registry::Registry;

/// Whether a span of the ambient tracer, or of that `name`, comes to nothing here, since the trace around was left out at its root;
/// counts it then. Says no as well wherever that takes longer to find out.
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
                let settled = !frame.inherits(span) && !frame.registry().has_draining();
                settled && skips(frame.tracer(), name)
            }
            None => in_installed(span, name),
        }
    })
}

fn in_installed(span: &SpanContext, name: Option<NameId>) -> bool {
    let Some(registry) = Registry::installed() else { return false };
    !registry.has_draining()
        && !registry.has_moved()
        && owner(span).is_none()
        && skips(registry.snapshot().default_tracer(), name)
}

/// `core` is the tracer of the trace around.
fn skips(core: &TracerCore, name: Option<NameId>) -> bool {
    let skip_unsampled =
        name.is_none_or(|name| core.id().name == name) && core.is_on() && !core.sampling.revives();
    if skip_unsampled {
        core.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
    }
    skip_unsampled
}
