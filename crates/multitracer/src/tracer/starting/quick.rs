//! The fast path of a traced function: under the ambient tracer, without a look-up by name, without
//! a handle and without a sampler's code.
//!
//! It repeats rules of `ambient/frame.rs`, `resolve.rs` and `start.rs` on purpose. A case that it
//! does not know takes the slow path, which holds all rules.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::time::now;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue};

use super::own_span::OwnSpan;
use crate::config::model::CaptureConfig;
use crate::export::is_export_thread;
use crate::record::{CodePlace, SpanRecord};
use crate::tracer::ambient::current::with_current;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::choice::interned_name::NameId;
use crate::tracer::core::TracerCore;
use crate::tracer::owner::span_id::{is_owner, new_root, new_span_id, right_half, root_with};
use crate::tracer::tracer_set::TracerSet;

/// A traced function, as the fast path sees it.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    pub(crate) code: CodePlace,
}

/// A function that adds the first attributes of a span. It runs no code of users.
pub(crate) type Fill<'a> = &'a mut dyn FnMut(&mut Vec<KeyValue>);

/// The outcome of the fast path.
#[derive(Debug)]
pub(crate) enum Quick {
    /// A recorded span, which is current in this context.
    Opened(Context, CaptureConfig),
    /// No span: a trace begins that is not sampled. The work runs in this context.
    Unsampled(Context),
    /// No span: its trace is not sampled.
    Skipped,
    /// The fast path does not apply.
    Unknown,
}

/// Counts and skips a span in an unsampled trace. Most calls of most services take this path, so it
/// is apart from the others.
///
/// Returns `false` if the span may start, or if another path decides.
#[inline]
pub(crate) fn skip_unsampled(tracer: Option<NameId>) -> bool {
    let is_skipped = with_current(|cx| {
        let span = cx.span();
        let span = span.span_context();
        let is_silent = cx.is_telemetry_suppressed() || is_export_thread();
        if span.is_sampled() || span.is_remote() || !span.is_valid() || is_silent {
            return false;
        }
        match Frame::of(cx) {
            Some(frame) if frame.is_silent() => false,
            Some(frame) => skip(frame.tracer().core(), frame.tracer().set(), span, tracer),
            None => TracerSet::installed()
                .is_some_and(|set| skip(set.roster().default_tracer(), set, span, tracer)),
        }
    });
    // a thread that ends makes no spans
    is_skipped.unwrap_or(true)
}

/// Counts and skips a span of the ambient tracer `core`, if `span` is an unsampled span of that
/// tracer.
#[inline]
fn skip(core: &TracerCore, set: &TracerSet, span: &SpanContext, tracer: Option<NameId>) -> bool {
    let skips = is_owner(core.id().build, span)
        // after a reload, a name may mean another tracer than the one around
        && tracer.is_none_or(|name| core.id().name == name && !set.has_draining())
        && core.is_on()
        && !core.sampling.samples_unsampled_traces();
    if skips {
        core.sinks.here().count(false);
    }
    skips
}

/// Starts the span of a function, or skips it in an unsampled trace. `tracer` is the tracer that
/// the function names. Calls `fill` only if the span starts.
#[inline]
pub(crate) fn start_quickly(
    tracer: Option<NameId>,
    function: impl FnOnce() -> Function,
    fill: Option<Fill<'_>>,
) -> Quick {
    // a thread that ends makes no spans
    with_current(|cx| start_quickly_under(cx, tracer, function, fill)).unwrap_or(Quick::Skipped)
}

/// Starts the span of a function under `cx`, or skips it in an unsampled trace.
#[inline]
pub(crate) fn start_quickly_under(
    cx: &Context,
    tracer: Option<NameId>,
    function: impl FnOnce() -> Function,
    fill: Option<Fill<'_>>,
) -> Quick {
    if cx.is_telemetry_suppressed() || is_export_thread() {
        return Quick::Unknown;
    }
    match Frame::of(cx) {
        Some(frame) if frame.is_silent() => Quick::Unknown,
        Some(frame) => {
            let place =
                Place { cx, frame: Some(frame), core: frame.tracer().core(), set: frame.tracer().set() };
            place.start(tracer, function, fill)
        }
        None => match TracerSet::installed() {
            Some(set) => {
                let roster = set.roster();
                Place { cx, frame: None, core: roster.default_tracer(), set }.start(tracer, function, fill)
            }
            None => Quick::Unknown,
        },
    }
}

/// The place of a call, with its ambient tracer. Runs no code of users, which could use the context
/// that is borrowed.
pub(super) struct Place<'a> {
    pub(super) cx: &'a Context,
    pub(super) frame: Option<&'a Frame>,
    pub(super) core: &'a TracerCore,
    pub(super) set: &'a TracerSet,
}

impl Place<'_> {
    /// Skips a function in an unsampled trace, and starts its span elsewhere.
    #[inline(always)]
    fn start(
        &self,
        tracer: Option<NameId>,
        function: impl FnOnce() -> Function,
        fill: Option<Fill<'_>>,
    ) -> Quick {
        let core = self.core;
        let span = self.cx.span();
        let current = span.span_context();
        // after a reload, a name may mean another tracer than the one around
        if tracer.is_some_and(|name| core.id().name != name || self.set.has_draining()) || !core.is_on() {
            return Quick::Unknown;
        }
        if current.is_valid() {
            if !is_owner(core.id().build, current) {
                return Quick::Unknown;
            }
            if !current.is_sampled() {
                if core.sampling.samples_unsampled_traces() {
                    return Quick::Unknown;
                }
                core.sinks.here().count(false);
                return Quick::Skipped;
            }
            return self.open(Some(current), function(), fill);
        }
        self.open(None, function(), fill)
    }

    /// Starts the span of a function, as a child of a sampled span of the same tracer, or as a
    /// root.
    #[inline(never)]
    fn open(&self, parent: Option<&SpanContext>, function: Function, fill: Option<Fill<'_>>) -> Quick {
        let Function { name, kind, code } = function;
        let context = match parent {
            Some(_) => self.new_context(parent),
            None => self.new_root(&kind),
        };
        let Some(context) = context else { return Quick::Unknown };
        let sink = self.core.sinks.here();
        let is_sampled = context.is_sampled();
        sink.count(is_sampled);
        if !is_sampled {
            return Quick::Unsampled(self.cx.with_remote_span_context(context));
        }
        let mut record = SpanRecord::start(&context, Cow::Borrowed(name), kind, parent, now());
        record.set_code(code, sink.limits());
        if let Some(fill) = fill {
            record.fill_attributes(fill, sink.limits());
        }
        let span = OwnSpan::new(context, Some(record), Arc::clone(sink), None);
        Quick::Opened(self.cx.with_span(span), self.core.capture)
    }

    /// Returns the span context of a new span that is certainly sampled. Returns `None` if the fast
    /// path does not apply.
    #[inline(always)]
    pub(super) fn new_context(&self, parent: Option<&SpanContext>) -> Option<SpanContext> {
        let Self { frame, core, .. } = *self;
        if !core.sampling.samples_each(parent.is_some()) || !self.applies(parent.is_none()) {
            return None;
        }
        let build = core.id().build;
        let Some(parent) = parent else {
            let (trace, span) = new_root(build);
            return Some(SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE));
        };
        let (trace, flags, state) = (parent.trace_id(), parent.trace_flags(), parent.trace_state().clone());
        let context = SpanContext::new(trace, new_span_id(build, trace), flags, false, state);
        let forgets = frame.is_some_and(|frame| frame.would_forget(parent, &context, core.id()));
        (!forgets).then_some(context)
    }

    /// Returns the span context of a new root, sampled or not. Returns `None` if the fast path does
    /// not apply.
    #[inline(always)]
    fn new_root(&self, kind: &SpanKind) -> Option<SpanContext> {
        if !self.applies(true) {
            return None;
        }
        let right_half = right_half();
        let is_sampled = self.core.sampling.decide_root(right_half, kind)?;
        let (trace, span) = root_with(self.core.id().build, right_half, is_sampled);
        let flags = TraceFlags::default().with_sampled(is_sampled);
        Some(SpanContext::new(trace, span, flags, false, TraceState::NONE))
    }

    /// Returns `true` if the fast path knows all rules for a span here, except sampling.
    #[inline(always)]
    fn applies(&self, is_root: bool) -> bool {
        let Self { frame, core, set, .. } = *self;
        // nothing is remembered around a root, and its trace id names it
        let is_known = || frame.is_none_or(|frame| frame.remembered().is_none() && !set.has_draining());
        core.span_limit.is_none() && !set.copies_baggage() && (!is_root || is_known())
    }
}
