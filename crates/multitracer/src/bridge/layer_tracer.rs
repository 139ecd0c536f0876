//! The tracer inside the `tracing` layer.

use std::borrow::Cow;

use opentelemetry::trace::{SpanBuilder, TraceContextExt as _, Tracer};
use opentelemetry::{Context, InstrumentationScope};

use super::creation_tracer;
use super::layer_span::LayerSpan;
use super::provider::chosen;
use crate::registry::Registry;
use crate::tracer::{Frame, LibrarySpan, any_tracer_enabled, owner};

/// Starts the spans of `tracing`, each on the tracer that was ambient where it was created.
#[derive(Debug)]
pub(super) struct LayerTracer {
    registry: Option<Registry>,
    scope: InstrumentationScope,
}

impl LayerTracer {
    pub(super) fn new(registry: Option<Registry>) -> Self {
        Self { registry, scope: InstrumentationScope::builder("tracing").build() }
    }
}

impl Tracer for LayerTracer {
    type Span = LayerSpan;

    /// tracing-opentelemetry calls this where the span is created.
    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(name);
        if any_tracer_enabled() {
            creation_tracer::mark(&mut builder);
        }
        builder
    }

    /// And this when it is first entered, used or closed.
    fn build_with_context(&self, mut builder: SpanBuilder, cx: &Context) -> LayerSpan {
        let origin = creation_tracer::take(&mut builder);
        if !any_tracer_enabled() {
            return LayerSpan::new(LibrarySpan::silent(cx));
        }
        let framed = Frame::of(cx).is_some();
        let tracer = if framed {
            chosen(None, cx)
        } else {
            owner(cx.span().span_context())
                .or_else(|| origin.and_then(creation_tracer::find))
                .or_else(|| chosen(self.registry.as_ref(), cx))
        };
        let Some(tracer) = tracer else { return LayerSpan::new(LibrarySpan::silent(cx)) };
        let mut span = tracer.library_span(cx, builder, &self.scope);
        let implied = tracer.set().is_installed() && tracer.set().default_id() == tracer.core().id();
        if !framed && !implied {
            // what runs inside is to find its tracer, and has no frame to find it by
            span.own(&tracer);
        }
        LayerSpan::new(span)
    }
}
