//! The fast path of a library's span: under the ambient tracer, without a handle and without a
//! sampler's code.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, InstrumentationScope, KeyValue};

use super::own_span::OwnSpan;
use super::quick::Place;
use crate::export::{SpanSink, is_export_thread};
#[cfg(feature = "tracing")]
use crate::record::BoxedRecord;
use crate::record::SpanRecord;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::owner::span_id::is_owner;
use crate::tracer::tracer_set::TracerSet;

/// The decision of the fast path about a library's span.
#[derive(Debug)]
pub(crate) enum QuickLibrary {
    /// The span starts.
    Starts(QuickSpan),
    /// No span starts: the trace of this span is not sampled.
    Unsampled(SpanContext),
    /// The fast path does not apply.
    Unknown,
}

/// A span that is sampled and counted, and has no data yet.
#[derive(Debug)]
pub(crate) struct QuickSpan {
    context: SpanContext,
    parent: SpanId,
    sink: Arc<SpanSink>,
    #[cfg(feature = "tracing")]
    has_frame: bool,
}

impl QuickLibrary {
    /// Decides about a span under `cx`. The default tracer is that of `fallback`, else that of the
    /// installed registry.
    #[inline]
    pub(crate) fn decide(cx: &Context, fallback: Option<&TracerSet>) -> Self {
        if cx.is_telemetry_suppressed() || is_export_thread() {
            return Self::Unknown;
        }
        if let Some(frame) = Frame::of(cx) {
            if frame.is_silent() {
                return Self::Unknown;
            }
            let (core, set) = (frame.tracer().core(), frame.tracer().set());
            return Self::at(&Place { cx, frame: Some(frame), core, set });
        }
        // the owner of a span decides, which may be a tracer of the installed registry
        let fallback = fallback.filter(|_| !cx.span().span_context().is_valid());
        let set = fallback.or(TracerSet::installed());
        let Some(set) = set else { return Self::Unknown };
        let roster = set.roster();
        Self::at(&Place { cx, frame: None, core: roster.default_tracer(), set })
    }

    #[inline(always)]
    fn at(place: &Place<'_>) -> Self {
        let core = place.core;
        let span = place.cx.span();
        let current = span.span_context();
        // after a reload, a trace may belong to another build of the tracer
        if place.set.has_draining() || !core.is_on() {
            return Self::Unknown;
        }
        let parent = current.is_valid().then_some(current);
        if let Some(parent) = parent {
            if !is_owner(core.id().build, parent) {
                return Self::Unknown;
            }
            if !parent.is_sampled() {
                if core.sampling.samples_unsampled_traces() {
                    return Self::Unknown;
                }
                core.sinks.here().count(false);
                return Self::Unsampled(parent.clone());
            }
        }
        let Some(context) = place.new_context(parent) else { return Self::Unknown };
        let sink = core.sinks.here();
        sink.count(true);
        let parent = parent.map_or(SpanId::INVALID, SpanContext::span_id);
        Self::Starts(QuickSpan {
            context,
            parent,
            sink: Arc::clone(sink),
            #[cfg(feature = "tracing")]
            has_frame: place.frame.is_some(),
        })
    }
}

impl QuickSpan {
    /// Starts the span with its data.
    #[inline]
    pub(crate) fn start(
        self,
        name: Cow<'static, str>,
        kind: SpanKind,
        start_time: SystemTime,
        attributes: Vec<KeyValue>,
        scope: &Arc<InstrumentationScope>,
    ) -> OwnSpan {
        let mut record = SpanRecord::start(&self.context, name, kind, None, start_time);
        record.parent = self.parent;
        record.add_attributes(attributes, self.sink.limits());
        record.set_scope(Arc::clone(scope));
        OwnSpan::new(self.context, Some(record), self.sink, None)
    }

    /// Returns `true` if the context that the span starts in has a frame.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn has_frame(&self) -> bool {
        self.has_frame
    }

    /// Starts a span of `tracing` with the data in `record`.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn start_prepared(self, mut record: BoxedRecord) -> OwnSpan {
        record.begin(&self.context, self.parent, self.sink.limits());
        OwnSpan::new(self.context, Some(record), self.sink, None)
    }
}
