//! An OpenTelemetry `TracerProvider` that dispatches to the ambient tracer.

use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};

use super::dispatched_span::DispatchedSpan;
use crate::registry::Registry;
use crate::tracer::{LibrarySpan, Tracer as OwnTracer, any_tracer_enabled};

/// An OpenTelemetry `TracerProvider` whose spans follow the ambient tracer.
///
/// [`tracer_provider`] and [`Registry::tracer_provider`] return it. Each span goes to the tracer
/// that is ambient when the span starts. As OpenTelemetry's global provider, it makes every
/// instrumented library follow the tracer of the request. The spans keep the library's
/// instrumentation scope. They nest with the spans of `#[traced]` functions in both directions, and
/// follow the same rules when the tracer changes.
///
/// The provider does not flush or shut down anything; the registry does.
///
/// ```
/// use multitracer::provider::DispatchingTracerProvider;
/// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
///
/// /// A library that takes any provider.
/// struct Database {
///     provider: DispatchingTracerProvider,
/// }
///
/// impl Database {
///     fn query(&self) {
///         self.provider.tracer("database").in_span("query", |_cx| {});
///     }
/// }
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// let database = Database { provider: registry.tracer_provider() };
/// registry.tracer("canary")?.scope(|| database.query());
/// assert_eq!(canary.spans()[0].name, "query");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DispatchingTracerProvider {
    registry: Option<Registry>,
}

/// An OpenTelemetry `Tracer` of a [`DispatchingTracerProvider`], for one instrumentation scope.
///
/// ```
/// use multitracer::provider::DispatchingTracer;
/// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
///
/// let tracer: DispatchingTracer = multitracer::tracer_provider().tracer("some-library");
/// let rows = tracer.in_span("query", |_cx| 3);
/// assert_eq!(rows, 3);
/// ```
#[derive(Clone, Debug)]
pub struct DispatchingTracer {
    registry: Option<Registry>,
    scope: Arc<InstrumentationScope>,
}

/// Returns an OpenTelemetry `TracerProvider` that follows the ambient tracer, of any registry.
///
/// Without an ambient tracer, spans go to the default tracer of the [installed](crate::install)
/// registry. Until a registry is installed, such spans are not recorded. Therefore a program can
/// set the global provider before it installs a registry.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
/// use opentelemetry::trace::Tracer as _;
///
/// opentelemetry::global::set_tracer_provider(multitracer::tracer_provider());
///
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// registry.tracer("canary")?.scope(|| {
///     // an instrumented library starts a span
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
    /// Returns an OpenTelemetry `TracerProvider` that follows the ambient tracer.
    ///
    /// Without an ambient tracer, spans go to this registry's default tracer.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use opentelemetry::trace::{Tracer as _, TracerProvider as _};
    ///
    /// # let spans = InMemoryExporter::new();
    /// # let tracer = TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(tracer).build()?;
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

    fn build_with_context(&self, mut builder: SpanBuilder, cx: &Context) -> DispatchedSpan {
        let fallback = self.registry.as_ref().map(Registry::set);
        if let Some(span) = LibrarySpan::start_quickly(cx, fallback, &mut builder, &self.scope) {
            return DispatchedSpan::new(span);
        }
        DispatchedSpan::new(match chosen(self.registry.as_ref(), cx) {
            Some(tracer) => tracer.library_span(cx, builder, &self.scope),
            None => LibrarySpan::silent(cx),
        })
    }
}

/// Returns the ambient tracer of `cx`, else the default of `registry` or the installed registry.
pub(super) fn chosen(registry: Option<&Registry>, cx: &Context) -> Option<OwnTracer> {
    if !any_tracer_enabled() {
        return None;
    }
    Registry::ambient_tracer_or(cx, registry)?.in_force(cx)
}
