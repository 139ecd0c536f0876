//! The OpenTelemetry tracer inside the `tracing` layer.

use std::borrow::Cow;

use opentelemetry::trace::{SpanBuilder, Tracer as OtelTracer};
use opentelemetry::{Context, InstrumentationScope};

use super::creation_tracer::{self, Origin};
use super::layer_span::LayerSpan;
use super::provider::chosen;
use crate::registry::Registry;
use crate::tracer::{LibrarySpan, Tracer, any_tracer_enabled};

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

impl OtelTracer for LayerTracer {
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
        let is_known = Tracer::is_known(cx);
        let created = match origin {
            Origin::Ambient(registry, name) if !is_known => Some(creation_tracer::find(registry, name)),
            Origin::Silent(registry, name) if !is_known => {
                let tracer = creation_tracer::find(registry, name);
                return LayerSpan::new(match tracer {
                    Some(tracer) => tracer.silent_span(cx),
                    None => LibrarySpan::silent(cx),
                });
            }
            _ => None,
        };
        LayerSpan::new(match created.unwrap_or_else(|| chosen(self.registry.as_ref(), cx)) {
            Some(tracer) => tracer.library_span(cx, builder, &self.scope),
            None => LibrarySpan::silent(cx),
        })
    }
}
