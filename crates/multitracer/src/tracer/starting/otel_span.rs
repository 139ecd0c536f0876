//! Spans that a library starts through OpenTelemetry's interface.

use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::Span;

use super::start::{NotStarted, Parent};
use super::tagged_span::TaggedSpan;
use crate::export::is_export_thread;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::span_owners::SpanOwnerGuard;
use crate::tracer::named::Tracer;

/// The outcome of starting a library's span.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a recorded span is the usual case, and a box would cost it an allocation"
)]
pub(crate) enum LibrarySpan {
    /// A span that records nothing. It has the span context of its parent.
    Silent(SpanContext),
    /// A span of a tracer.
    Started {
        span: TaggedSpan<Span>,
        #[cfg_attr(
            not(feature = "tracing"),
            expect(dead_code, reason = "the guard acts when it is dropped")
        )]
        owner: Option<SpanOwnerGuard>,
    },
}

impl LibrarySpan {
    /// Returns a span that records nothing, with the current span context of `cx`.
    pub(crate) fn silent(cx: &Context) -> Self {
        Self::Silent(cx.span().span_context().clone())
    }

    /// Registers `tracer` as the owner of the span, unless the span has one.
    #[cfg(feature = "tracing")]
    pub(crate) fn own(&mut self, tracer: &Tracer) {
        if let Self::Started { span, owner } = self
            && owner.is_none()
        {
            *owner = Some(SpanOwnerGuard::new(span.span_context(), tracer.clone()));
        }
    }
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
        scope: &InstrumentationScope,
    ) -> LibrarySpan {
        if !self.is_on() || cx.is_telemetry_suppressed() || is_export_thread() {
            return LibrarySpan::silent(cx);
        }
        let admitted = match self.admit(cx, Parent::Nearest, Vec::new()) {
            Ok(admitted) => admitted,
            Err(NotStarted::Unsampled(parent)) => return LibrarySpan::Silent(parent),
            Err(NotStarted::SpanLimit) => return LibrarySpan::silent(cx),
        };
        let sdk = self.core().provider.tracer_with_scope(scope.clone());
        let span = self.make(&sdk, cx, builder, admitted);
        // without a frame, a span counts as the default tracer's
        let needs_owner =
            Frame::of(cx).is_none() && self.set().without_frame().default_id() != self.core().id();
        let owner = needs_owner.then(|| SpanOwnerGuard::new(span.span_context(), self.clone()));
        LibrarySpan::Started { span, owner }
    }
}
