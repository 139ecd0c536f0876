//! The spans of requests.
//!
//! A request to a server adds at most one frame to its context. The fast path adds none: it knows
//! the requests that no route matches and that bring no context. It repeats rules of `start.rs` on
//! purpose, and leaves all other cases to it.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::time::now;
use opentelemetry::trace::{Span as _, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, KeyValue};

use super::own_span::OwnSpan;
use super::start::{NewSpan, NotStarted, Seed, Started};
use crate::export::is_export_thread;
use crate::record::SpanRecord;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::nearest::nearest_span_in;
use crate::tracer::named::Tracer;
use crate::tracer::owner::span_id::{right_half, root_with};
use crate::tracer::resolve::{Chosen, Readiness};
use crate::tracer::roster::Roster;
use crate::tracer::tracer_set::TracerSet;

/// The context of a request, after its span has started.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub(crate) cx: Context,
    /// `true` if the current span of `cx` is the request's and records.
    pub(crate) recording: bool,
}

impl RequestContext {
    fn recording(cx: Context) -> Self {
        Self { cx, recording: true }
    }

    fn without_span(cx: Context) -> Self {
        Self { cx, recording: false }
    }
}

impl Tracer {
    /// Starts a span of this tracer under `cx`. `describe` adds its attributes to a list and
    /// returns its name. Only a custom sampler sees them. For all other samplers, a span that is
    /// not sampled costs no description.
    pub(crate) fn start_described(
        &self,
        cx: &Context,
        kind: SpanKind,
        describe: impl FnOnce(&mut Vec<KeyValue>) -> Cow<'static, str>,
    ) -> Started {
        if self.core().sampling.is_custom() {
            let mut attributes = Vec::new();
            let name = describe(&mut attributes);
            return self.start(cx, NewSpan { attributes, ..NewSpan::new(name, kind) });
        }
        self.start_with(cx, NewSpan::new(Cow::Borrowed(""), kind), |record, limits| {
            let name = record.fill_attributes(describe, limits);
            record.set_name(name);
        })
    }
}

/// Starts the span of a request that no route matches and that brings no context, under the default
/// tracer of the installed registry. `describe` is called for a sampled span. It adds attributes to
/// a list and returns the name.
///
/// The context gets no frame: it has a span of its ambient tracer, and the trace id names that
/// span, also if it is not sampled.
///
/// Returns `None` if the fast path does not apply.
pub(crate) fn start_root_request(
    set: &TracerSet,
    roster: &Roster,
    cx: &Context,
    kind: SpanKind,
    describe: impl FnOnce(&mut Vec<KeyValue>) -> Cow<'static, str>,
) -> Option<RequestContext> {
    let is_outermost = !cx.has_active_span() && Frame::of(cx).is_none();
    let is_silent = cx.is_telemetry_suppressed() || is_export_thread();
    if !is_outermost || is_silent || set.has_draining() || set.copies_baggage() {
        return None;
    }
    let core = roster.default_tracer();
    if !core.is_on() || core.span_limit.is_some() {
        return None;
    }
    let build = core.id().build;
    let right_half = right_half();
    let is_sampled = core.sampling.decide_root(right_half, &kind)?;
    let (trace, span) = root_with(build, right_half, is_sampled);
    let sink = core.sinks.here();
    if !is_sampled {
        sink.count(false);
        let span = SpanContext::new(trace, span, TraceFlags::default(), false, TraceState::NONE);
        return Some(RequestContext::without_span(cx.with_remote_span_context(span)));
    }
    let sink = Arc::clone(sink);
    let context = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE);
    let mut record = SpanRecord::start(&context, Cow::Borrowed(""), kind, None, now());
    let name = record.fill_attributes(describe, sink.limits());
    record.set_name(name);
    sink.count(true);
    let span = OwnSpan::new(context, Some(record), sink, None);
    Some(RequestContext::recording(cx.with_span(span)))
}

/// Starts the span of a request that arrives in `cx`. `frame` is the frame of the request, which
/// `cx` does not have yet. `describe` adds the attributes of the span to a list and returns the
/// name.
pub(crate) fn start_arriving(
    cx: &Context,
    mut frame: Frame,
    kind: SpanKind,
    describe: impl FnOnce(&mut Vec<KeyValue>) -> Cow<'static, str>,
) -> RequestContext {
    let current = cx.span();
    let current = current.span_context();
    let is_outermost = Frame::of(cx).is_none() && (current.is_remote() || !current.is_valid());
    let is_silent = cx.is_telemetry_suppressed() || is_export_thread();
    let tracer = frame.tracer();
    let is_usual = tracer.is_on() && !tracer.set().has_draining() && !tracer.core().sampling.is_custom();
    if !is_outermost || is_silent || !is_usual {
        let tracer = tracer.clone();
        return start_entered(tracer, frame.add_to(cx), kind, describe);
    }
    let (span, is_forgotten) = {
        let id = tracer.core().id();
        let nearest = nearest_span_in(current, Some(&frame), tracer.set(), id);
        let mut links = Vec::new();
        let admitted =
            tracer.allowed_parent(nearest, &mut links).and_then(|parent| tracer.admit_under(parent, links));
        let admitted = match admitted {
            Ok(admitted) => admitted,
            // the outermost context is not silent, and has no local parent
            Err(NotStarted::SpanLimit | NotStarted::Silent | NotStarted::Unsampled(_)) => {
                return RequestContext::without_span(frame.add_to(cx));
            }
        };
        let seed = Seed::new(Cow::Borrowed(""), kind);
        let span = tracer.make(cx, seed, admitted, |record, limits| {
            let name = record.fill_attributes(describe, limits);
            record.set_name(name);
        });
        let is_forgotten = frame.would_forget(current, span.span_context(), id);
        (span, is_forgotten)
    };
    let context = span.span_context();
    if is_forgotten {
        frame.remember_own(context.clone());
    }
    let cx = frame.add_to(cx);
    if span.is_recording() {
        RequestContext::recording(cx.with_span(span))
    } else {
        RequestContext::without_span(cx.with_remote_span_context(context.clone()))
    }
}

/// Starts the span of a request in its context, by all rules.
fn start_entered(
    tracer: Tracer,
    cx: Context,
    kind: SpanKind,
    describe: impl FnOnce(&mut Vec<KeyValue>) -> Cow<'static, str>,
) -> RequestContext {
    match Chosen::Named(tracer).readiness(&cx) {
        Readiness::Ready(tracer) => match tracer.start_described(&cx, kind, describe) {
            Started::Unsampled => RequestContext::without_span(cx),
            Started::Opened { cx, recording } => RequestContext { cx, recording },
        },
        Readiness::Silent(silent) => RequestContext::without_span(silent),
        Readiness::Unchanged => RequestContext::without_span(cx),
    }
}
