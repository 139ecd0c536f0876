//! Spans that a library starts through OpenTelemetry's interface.

use std::sync::Arc;

use opentelemetry::time::now;
use opentelemetry::trace::{
    SpanBuilder, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceState,
};
use opentelemetry::{Context, InstrumentationScope};

use super::own_span::OwnSpan;
use super::quick_library::QuickLibrary;
use super::start::{NotStarted, Parent, Seed};
use crate::export::is_export_thread;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::named::Tracer;
use crate::tracer::owner::builds::BuildNumber;
use crate::tracer::owner::span_id::{new_span_id, new_trace_id, owner};
use crate::tracer::tracer_set::TracerSet;

/// The outcome of starting a library's span.
#[derive(Debug)]
pub(crate) enum LibrarySpan {
    /// A span that records nothing. It has the span context of its parent.
    Silent(SpanContext),
    /// A span of a tracer.
    Started(OwnSpan),
}

impl LibrarySpan {
    /// Returns a span that records nothing, with the current span context of `cx`.
    pub(crate) fn silent(cx: &Context) -> Self {
        Self::Silent(cx.span().span_context().clone())
    }

    /// Starts a span under the ambient tracer of `cx`, and takes its data from `builder`. The
    /// default tracer is that of `fallback`, else that of the installed registry.
    ///
    /// Returns `None` if the fast path does not apply.
    #[inline]
    pub(crate) fn start_quickly(
        cx: &Context,
        fallback: Option<&TracerSet>,
        builder: &mut SpanBuilder,
        scope: &Arc<InstrumentationScope>,
    ) -> Option<Self> {
        if builder.events.is_some() || builder.links.is_some() {
            return None;
        }
        match QuickLibrary::decide(cx, fallback) {
            QuickLibrary::Unknown => None,
            QuickLibrary::Unsampled(parent) => Some(Self::Silent(parent)),
            QuickLibrary::Starts(span) => {
                let name = std::mem::take(&mut builder.name);
                let kind = builder.span_kind.take().unwrap_or(SpanKind::Internal);
                let time = builder.start_time.unwrap_or_else(now);
                let attributes = builder.attributes.take().unwrap_or_default();
                Some(Self::Started(span.start(name, kind, time, attributes, scope)))
            }
        }
    }
}

#[cfg(feature = "tracing")]
impl LibrarySpan {
    /// Returns a span that records nothing, for a name that no tracer has. If nothing else keeps
    /// the inside of the span silent, an unsampled span context without a tracer does.
    pub(crate) fn of_nobody(cx: &Context) -> Self {
        if Frame::of(cx).is_some() || cx.span().span_context().is_valid() {
            return Self::silent(cx);
        }
        Self::Silent(unsampled(BuildNumber::nobody()))
    }
}

/// Returns the identity of an unsampled span in a trace of its own.
fn unsampled(build: BuildNumber) -> SpanContext {
    let trace = new_trace_id();
    let id = new_span_id(build, trace);
    SpanContext::new(trace, id, TraceFlags::default(), false, TraceState::NONE)
}

impl Tracer {
    /// Starts a span of this tracer under `cx`, with the library's own instrumentation scope.
    ///
    /// The rules are those of every other span. The caller derives the span's context from `cx`, so
    /// the frame of `cx` stays in force. The library decides if the span becomes current.
    pub(crate) fn library_span(
        &self,
        cx: &Context,
        builder: SpanBuilder,
        scope: &Arc<InstrumentationScope>,
    ) -> LibrarySpan {
        if cx.is_telemetry_suppressed() || is_export_thread() {
            return LibrarySpan::silent(cx);
        }
        if !self.is_on() {
            return self.silent_span(cx, true);
        }
        let admitted = match self.admit(cx, Parent::Nearest, Vec::new()) {
            Ok(admitted) => admitted,
            Err(NotStarted::Unsampled(parent)) => return LibrarySpan::Silent(parent),
            Err(NotStarted::SpanLimit | NotStarted::Silent) => return LibrarySpan::silent(cx),
        };
        let SpanBuilder { name, span_kind, start_time, attributes, events, links, .. } = builder;
        let seed = Seed {
            start_time,
            attributes: attributes.unwrap_or_default(),
            links: links.unwrap_or_default(),
            events: events.unwrap_or_default(),
            scope: Some(Arc::clone(scope)),
            ..Seed::new(name, span_kind.unwrap_or(SpanKind::Internal))
        };
        LibrarySpan::Started(self.make(cx, seed, admitted, |_, _| ()))
    }

    /// Returns a span that records nothing, for a tracer that is disabled or silent.
    ///
    /// If nothing else keeps the inside of the span silent, the span gets a span context of this
    /// tracer, which is not sampled. `is_implied` says that `cx` means this tracer in any case.
    pub(crate) fn silent_span(&self, cx: &Context, is_implied: bool) -> LibrarySpan {
        let span = cx.span();
        let span = span.span_context();
        if Frame::of(cx).is_some() || owner(span).is_some() || (span.is_valid() && is_implied) {
            return LibrarySpan::silent(cx);
        }
        LibrarySpan::Silent(unsampled(self.core().id().build))
    }
}
