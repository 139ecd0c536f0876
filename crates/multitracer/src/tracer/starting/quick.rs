//! The fast path of a traced function: under the ambient tracer, without a look-up by name, without
//! a handle and without a sampler's code.
//!
//! It repeats rules of `ambient/frame.rs`, `resolve.rs` and `start.rs` on purpose. A case that it
//! does not know takes the slow path, which holds all rules.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::time::now;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _, TraceFlags};

use super::own_span::OwnSpan;
use crate::config::model::CaptureConfig;
use crate::export::is_export_thread;
use crate::record::{CodePlace, SpanRecord};
use crate::tracer::ambient::current::with_current;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::choice::interned_name::NameId;
use crate::tracer::core::TracerCore;
use crate::tracer::owner::span_id::{is_owner, new_root, new_span_id};
use crate::tracer::tracer_set::TracerSet;

/// A traced function, as the fast path sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) code: CodePlace,
    /// The tracer that the function names.
    pub(crate) tracer: Option<NameId>,
}

/// The outcome of the fast path.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a span that opens is a usual case")]
pub(crate) enum Quick {
    /// A recorded span, which is current in this context.
    Opened(Context, CaptureConfig),
    /// No span: its trace is not sampled.
    Skipped,
    /// The fast path does not apply.
    Unknown,
}

/// Starts the span of a function, or skips it in an unsampled trace.
#[inline]
pub(crate) fn start_quickly(function: &Function, kind: SpanKind) -> Quick {
    // a thread that ends makes no spans
    with_current(|cx| start_quickly_under(cx, function, kind)).unwrap_or(Quick::Skipped)
}

/// Starts the span of a function under `cx`, or skips it in an unsampled trace.
#[inline]
pub(crate) fn start_quickly_under(cx: &Context, function: &Function, kind: SpanKind) -> Quick {
    if cx.is_telemetry_suppressed() || is_export_thread() {
        return Quick::Unknown;
    }
    match Frame::of(cx) {
        Some(frame) if frame.is_silent() => Quick::Unknown,
        Some(frame) => {
            let (core, set) = (frame.tracer().core(), frame.tracer().set());
            start_under(cx, Some(frame), core, set, function, kind)
        }
        None => match TracerSet::installed() {
            Some(set) => start_under(cx, None, set.roster().default_tracer(), set, function, kind),
            None => Quick::Unknown,
        },
    }
}

/// Starts a span of the ambient tracer `core` under `cx`. Runs no code of users, which could use
/// the context that is borrowed.
#[inline]
fn start_under(
    cx: &Context,
    frame: Option<&Frame>,
    core: &TracerCore,
    set: &TracerSet,
    function: &Function,
    kind: SpanKind,
) -> Quick {
    let span = cx.span();
    let current = span.span_context();
    let is_other = function.tracer.is_some_and(|name| core.id().name != name);
    if is_other || !core.is_on() {
        return Quick::Unknown;
    }
    let build = core.id().build;
    let parent = if current.is_valid() {
        if !is_owner(build, current) {
            return Quick::Unknown;
        }
        if !current.is_sampled() {
            if core.sampling.samples_unsampled_traces() {
                return Quick::Unknown;
            }
            core.sinks.here().count(false);
            return Quick::Skipped;
        }
        Some(current)
    } else if frame.is_some_and(|frame| frame.remembered().is_some() || set.has_draining()) {
        return Quick::Unknown;
    } else {
        None
    };
    if core.span_limit.is_some() || set.copies_baggage() {
        return Quick::Unknown;
    }
    let (trace, root) = match parent {
        Some(parent) => (parent.trace_id(), None),
        None => {
            let (trace, span) = new_root(build);
            (trace, Some(span))
        }
    };
    if !core.sampling.samples_quickly(parent.is_some(), trace) {
        return Quick::Unknown;
    }
    let (flags, state) = match parent {
        Some(parent) => (parent.trace_flags(), parent.trace_state().clone()),
        None => (TraceFlags::SAMPLED, Default::default()),
    };
    let id = root.unwrap_or_else(|| new_span_id(build, trace));
    let context = SpanContext::new(trace, id, flags, false, state);
    // nothing is remembered around a root, and its trace id names it
    if parent.is_some() && frame.is_some_and(|frame| frame.would_forget(current, &context, core.id())) {
        return Quick::Unknown;
    }
    let sink = core.sinks.here();
    sink.count(true);
    let mut record = SpanRecord::new(context.clone(), Cow::Borrowed(function.name), kind, parent, now());
    record.set_code(function.code, sink.limits());
    let span = OwnSpan::new(context, Some(record), Arc::clone(sink), None);
    Quick::Opened(cx.with_span(span), core.capture)
}
