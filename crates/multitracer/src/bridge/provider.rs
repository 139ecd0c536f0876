//! OpenTelemetry's `TracerProvider`, dispatching on the ambient tracer.

use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};

use super::dispatched_span::DispatchedSpan;
use crate::registry::Registry;
use crate::tracer::{Frame, LibrarySpan, TracerCore, any_tracer_enabled};

/// A `TracerProvider` whose spans go to the tracer that is ambient where each of them starts.
///
/// Set as OpenTelemetry's global provider, it makes every instrumented library follow the request's tracer. The spans
/// keep the library's instrumentation scope, and the rules of switching hold for them as for `#[traced]` functions:
/// whichever of the two is outside, the other becomes its child.
///
/// Comes from [`Registry::tracer_provider`] or [`tracer_provider`]. Flushing and shutting down stay the registry's.
#[derive(Clone, Debug, Default)]
pub struct DispatchingTracerProvider {
    registry: Option<Registry>,
}

/// A `Tracer` of a [`DispatchingTracerProvider`].
#[derive(Clone, Debug)]
pub struct DispatchingTracer {
    registry: Option<Registry>,
    scope: Arc<InstrumentationScope>,
}

/// A `TracerProvider` that follows the ambient tracer, of whatever registry it is.
///
/// Where none is ambient, spans go to the default tracer of the [installed](crate::install) registry. Until one is
/// installed there are none; so it may be set as the global provider first.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
/// use opentelemetry::trace::Tracer as _;
///
/// opentelemetry::global::set_tracer_provider(multitracer::tracer_provider());
///
/// # let canary = InMemoryExporter::new();
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build()?;
/// registry.tracer("canary")?.scope(|| {
///     // what an instrumented library does
///     opentelemetry::global::tracer("some-library").in_span("query", |_cx| {});
/// });
/// assert_eq!(canary.spans()[0].instrumentation_scope.name(), "some-library");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn tracer_provider() -> DispatchingTracerProvider {
    DispatchingTracerProvider::default()
}

impl Registry {
    /// A `TracerProvider` that follows the ambient tracer. Where none is ambient, spans go to this registry's default tracer.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    ///
    /// # let spans = InMemoryExporter::new();
    /// # let registry = Registry::builder().tracer(TracerBuilder::new("production").in_memory(&spans)).build()?;
    /// let tracer = registry.tracer_provider().tracer("some-library");
    /// tracer.in_span("query", |_cx| {});
    /// assert_eq!(spans.spans()[0].name, "query");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tracer_provider(&self) -> DispatchingTracerProvider {
        DispatchingTracerProvider { registry: Some(self.clone()) }
    }
}

impl TracerProvider for DispatchingTracerProvider {
    type Tracer = DispatchingTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> DispatchingTracer {
        DispatchingTracer { registry: self.registry.clone(), scope: Arc::new(scope) }
    }
}

impl Tracer for DispatchingTracer {
    type Span = DispatchedSpan;

    fn build_with_context(&self, builder: SpanBuilder, cx: &Context) -> DispatchedSpan {
        DispatchedSpan::new(match chosen(self.registry.as_ref(), cx) {
            Some((registry, core)) => core.library_span(&registry, cx, builder, &self.scope),
            None => LibrarySpan::silent(cx),
        })
    }
}

/// The ambient tracer of `cx`, else the default one of `registry`, else the installed registry's.
pub(super) fn chosen(registry: Option<&Registry>, cx: &Context) -> Option<(Registry, Arc<TracerCore>)> {
    if !any_tracer_enabled() {
        return None;
    }
    if let Some(frame) = Frame::of(cx) {
        let registry = frame.registry().clone();
        let core = registry.in_force(cx, Arc::clone(frame.tracer()))?;
        return Some((registry, core));
    }
    let registry = match registry {
        Some(registry) => registry,
        None => Registry::installed()?,
    };
    Some((registry.clone(), registry.ambient_in(cx)))
}
