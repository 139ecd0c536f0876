//! The OpenTelemetry tracer inside the `tracing` layer.

use std::borrow::Cow;
use std::sync::Arc;

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
    scope: Arc<InstrumentationScope>,
}

impl LayerTracer {
    pub(super) fn new(registry: Option<Registry>) -> Self {
        Self { registry, scope: Arc::new(InstrumentationScope::builder("tracing").build()) }
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
        if is_known || origin == Origin::Plain {
            let fallback = self.registry.as_ref().map(Registry::set);
            if let Some(span) = LibrarySpan::start_quickly(cx, fallback, &mut builder, &self.scope) {
                return LayerSpan::new(span);
            }
        }
        let (creation, is_silent) = match origin {
            _ if is_known => (None, false),
            Origin::Ambient(registry, name) => (Some(creation_tracer::find(registry, name)), false),
            Origin::Silent(registry, name) => (Some(creation_tracer::find(registry, name)), true),
            Origin::Export | Origin::Plain => (None, false),
        };
        let implied = || chosen(self.registry.as_ref(), cx);
        let span = match creation {
            None => implied().map(|tracer| tracer.library_span(cx, builder, &self.scope)),
            Some(None) => Some(LibrarySpan::of_nobody(cx)),
            Some(Some(tracer)) if is_silent || !tracer.is_on() => {
                let is_same = |implied: Tracer| implied.core().id() == tracer.core().id();
                Some(tracer.silent_span(cx, !is_silent && implied().is_some_and(is_same)))
            }
            Some(Some(tracer)) => Some(tracer.library_span(cx, builder, &self.scope)),
        };
        LayerSpan::new(span.unwrap_or_else(|| LibrarySpan::silent(cx)))
    }
}
