//! The start of a span of `tracing`, on the tracer that was ambient at its creation.

use opentelemetry::Context;
use opentelemetry::trace::{SpanBuilder, Status, TraceContextExt as _};

use super::creation_tracer::{self, Origin};
use super::dispatched_span::DispatchedSpan;
use super::provider::chosen;
use super::span_state::PendingSpan;
use crate::record::tracing_scope;
use crate::registry::Registry;
use crate::tracer::{LibrarySpan, QuickLibrary, Tracer, any_tracer_enabled};

/// A starter of spans for one layer.
#[derive(Debug)]
pub(super) struct SpanStarter {
    registry: Option<Registry>,
}

impl SpanStarter {
    pub(super) fn new(registry: Option<Registry>) -> Self {
        Self { registry }
    }

    /// Decides about a span without running code of users.
    #[inline]
    pub(super) fn decide(&self, span: &PendingSpan) -> QuickLibrary {
        let is_plain = matches!(span.origin, Origin::Context | Origin::Plain);
        if span.extra.is_some() || span.origin == Origin::Export || !(is_plain || Tracer::is_known(&span.cx))
        {
            return QuickLibrary::Unknown;
        }
        QuickLibrary::decide(&span.cx, self.registry.as_ref().map(Registry::set))
    }

    /// Starts a span. A sampler of the user may run.
    #[cold]
    pub(super) fn start(&self, span: PendingSpan) -> Context {
        let PendingSpan { cx, origin, mut record, extra, has_shadow: _ } = span;
        let extra = extra.map(|extra| *extra).unwrap_or_default();
        let mut builder = record.take_builder();
        builder.events = Some(extra.events).filter(|events| !events.is_empty());
        builder.links = Some(extra.links).filter(|links| !links.is_empty());
        let span = match self.library_span(&cx, origin, builder) {
            LibrarySpan::Silent(span) => return cx.with_remote_span_context(span),
            started @ LibrarySpan::Started(_) => DispatchedSpan::new(started),
        };
        let cx = cx.with_span(span);
        if extra.status != Status::Unset {
            cx.span().set_status(extra.status);
        }
        cx
    }

    fn library_span(&self, cx: &Context, origin: Origin, builder: SpanBuilder) -> LibrarySpan {
        if !any_tracer_enabled() || origin == Origin::Export {
            return LibrarySpan::silent(cx);
        }
        let (creation, is_silent) = match origin {
            _ if Tracer::is_known(cx) => (None, false),
            Origin::Ambient(registry, name) => (Some(creation_tracer::find(registry, name)), false),
            Origin::Silent(registry, name) => (Some(creation_tracer::find(registry, name)), true),
            Origin::Export | Origin::Context | Origin::Plain => (None, false),
        };
        let implied = || chosen(self.registry.as_ref(), cx);
        let span = match creation {
            None => implied().map(|tracer| tracer.library_span(cx, builder, tracing_scope())),
            Some(None) => Some(LibrarySpan::of_nobody(cx)),
            Some(Some(tracer)) if is_silent || !tracer.is_on() => {
                let is_same = |implied: Tracer| implied.core().id() == tracer.core().id();
                Some(tracer.silent_span(cx, !is_silent && implied().is_some_and(is_same)))
            }
            Some(Some(tracer)) => Some(tracer.library_span(cx, builder, tracing_scope())),
        };
        span.unwrap_or_else(|| LibrarySpan::silent(cx))
    }
}
