//! Spans that a library starts through OpenTelemetry's interface: the library makes them current, or does not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, TraceContextExt as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::trace::Span;

use super::ambient::Frame;
use super::core::{TracerCore, copy_baggage};
use super::span_owners::OwnedSpan;
use super::tagged_span::TaggedSpan;
use crate::registry::Registry;

/// What starting one came to.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a recorded span is the usual case, and a box would cost it an allocation"
)]
pub(crate) enum LibrarySpan {
    /// Nothing is recorded. The context stays the one of the trace around.
    Silent(SpanContext),
    Started {
        span: TaggedSpan<Span>,
        #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "acts when it is dropped"))]
        owned: Option<OwnedSpan>,
    },
}

impl LibrarySpan {
    /// No span, in whatever trace is around.
    pub(crate) fn silent(cx: &Context) -> Self {
        Self::Silent(cx.span().span_context().clone())
    }

    /// Remembers that it is this tracer's.
    #[cfg(feature = "tracing")]
    pub(crate) fn own(&mut self, registry: &Registry, core: &Arc<TracerCore>) {
        if let Self::Started { span, owned } = self
            && owned.is_none()
        {
            *owned = Some(OwnedSpan::new(span.span_context(), registry, core));
        }
    }
}

impl TracerCore {
    /// Starts a span of this tracer under `cx`, by the same rules as any other, with the library's own scope.
    ///
    /// The frame stays the one of `cx`, since the caller derives the span's context from it.
    pub(crate) fn library_span(
        self: &Arc<Self>,
        registry: &Registry,
        cx: &Context,
        mut builder: SpanBuilder,
        scope: &InstrumentationScope,
    ) -> LibrarySpan {
        if !self.is_on() || cx.is_telemetry_suppressed() {
            return LibrarySpan::silent(cx);
        }
        let mut links = Vec::new();
        let parent = self.nearest(registry, cx, &mut links);
        if let Some(parent) =
            parent.as_ref().filter(|span| !span.is_sampled() && !span.is_remote() && !self.sampling.revives())
        {
            self.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
            return LibrarySpan::Silent(parent.clone());
        }
        if !links.is_empty() {
            let links = links.into_iter().map(Link::with_context);
            builder.links.get_or_insert_default().extend(links);
        }
        let Ok(permit) = self.permit_in(parent.as_ref()) else { return LibrarySpan::silent(cx) };
        let parent_cx = self.parent_cx(cx, parent.as_ref());
        let span = self.provider.tracer_with_scope(scope.clone());
        let mut span = opentelemetry::trace::Tracer::build_with_context(&span, builder, &parent_cx);
        if span.is_recording() {
            copy_baggage(registry, cx, &mut span);
        }
        let span = self.made(span, permit);
        // without a frame, a span is taken for the default tracer's
        let owned = match Frame::of(cx) {
            Some(_) => None,
            None if Registry::installed().unwrap_or(registry).default_id() == self.id => None,
            None => Some(OwnedSpan::new(span.span_context(), registry, self)),
        };
        LibrarySpan::Started { span, owned }
    }
}
