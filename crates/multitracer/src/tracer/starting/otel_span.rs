//! Spans that a library starts through OpenTelemetry's interface. The library decides whether they
//! become current.

use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, TraceContextExt as _, TracerProvider as _};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::Span;

use super::start::{Parent, Refused};
use super::tagged_span::TaggedSpan;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::span_owners::OwnedSpan;
use crate::tracer::named::Tracer;
use crate::tracer::tracer_set::TracerSet;

/// The outcome of starting a library's span.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a recorded span is the usual case, and a box would cost it an allocation"
)]
pub(crate) enum LibrarySpan {
    /// Nothing is recorded. The span context is the one of the trace around.
    Silent(SpanContext),
    Started {
        span: TaggedSpan<Span>,
        #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "acts when it is dropped"))]
        owned: Option<OwnedSpan>,
    },
}

impl LibrarySpan {
    /// Returns a span that records nothing, in the trace around.
    pub(crate) fn silent(cx: &Context) -> Self {
        Self::Silent(cx.span().span_context().clone())
    }

    /// Registers the tracer as the span's owner.
    #[cfg(feature = "tracing")]
    pub(crate) fn own(&mut self, tracer: &Tracer) {
        if let Self::Started { span, owned } = self
            && owned.is_none()
        {
            *owned = Some(OwnedSpan::new(span.span_context(), tracer.clone()));
        }
    }
}

impl Tracer {
    /// Starts a span of this tracer under `cx`, by the same rules as any other span, with the library's
    /// own scope.
    ///
    /// The frame stays the one of `cx`, since the caller derives the span's context from it.
    pub(crate) fn library_span(
        &self,
        cx: &Context,
        builder: SpanBuilder,
        scope: &InstrumentationScope,
    ) -> LibrarySpan {
        if !self.is_on() || cx.is_telemetry_suppressed() {
            return LibrarySpan::silent(cx);
        }
        let admitted = match self.admit(cx, Parent::Nearest, Vec::new()) {
            Ok(admitted) => admitted,
            Err(Refused::Unsampled(parent)) => return LibrarySpan::Silent(parent),
            Err(Refused::SpanLimit) => return LibrarySpan::silent(cx),
        };
        let sdk = self.core().provider.tracer_with_scope(scope.clone());
        let span = self.make(&sdk, cx, builder, admitted);
        // a span in a context without a frame passes for the default tracer's
        let needs_owner = Frame::of(cx).is_none()
            && TracerSet::installed().unwrap_or(self.set()).default_id() != self.core().id();
        let owned = needs_owner.then(|| OwnedSpan::new(span.span_context(), self.clone()));
        LibrarySpan::Started { span, owned }
    }
}
