//! The OpenTelemetry tracer inside the `tracing` layer.

use std::borrow::Cow;

use opentelemetry::trace::{SpanBuilder, TraceContextExt as _, Tracer};
use opentelemetry::{Context, InstrumentationScope};

use super::creation_tracer::{self, Origin};
use super::layer_span::LayerSpan;
use super::provider::chosen;
use crate::registry::Registry;
use crate::tracer::{Frame, LibrarySpan, any_tracer_enabled, owner};

/// A tracer that starts each span of `tracing` on the tracer that was ambient at its creation.
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

    /// Returns a builder that remembers the ambient tracer.
    ///
    /// tracing-opentelemetry calls this where the span is created.
    fn span_builder<T: Into<Cow<'static, str>>>(&self, name: T) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(name);
        creation_tracer::mark(&mut builder);
        builder
    }

    /// Starts the span.
    ///
    /// tracing-opentelemetry calls this when the span is first entered, used or closed.
    fn build_with_context(&self, mut builder: SpanBuilder, cx: &Context) -> LayerSpan {
        let origin = creation_tracer::take(&mut builder);
        if !any_tracer_enabled() || origin == Origin::Export {
            return LayerSpan::new(LibrarySpan::silent(cx));
        }
        let framed = Frame::of(cx).is_some();
        let tracer = if framed {
            chosen(None, cx)
        } else {
            owner(cx.span().span_context()).or_else(|| match origin {
                Origin::Ambient(registry, name) => creation_tracer::find(registry, name),
                _ => chosen(self.registry.as_ref(), cx),
            })
        };
        let Some(tracer) = tracer else { return LayerSpan::new(LibrarySpan::silent(cx)) };
        let mut span = tracer.library_span(cx, builder, &self.scope);
        let implied = tracer.set().is_installed() && tracer.set().default_id() == tracer.core().id();
        if !framed && !implied {
            // without a frame, the code inside the span finds its tracer by the span
            span.own(&tracer);
        }
        LayerSpan::new(span)
    }
}
