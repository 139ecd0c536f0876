//! The constructors of the `tracing` layer.

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::options::TracingOptions;
use super::span_layer::SpanLayer;
use crate::registry::Registry;

/// Returns a `tracing` layer that sends each span to the ambient tracer, of any registry.
///
/// A span goes to the tracer that is ambient where the span is created. Without an ambient tracer,
/// it goes to the default tracer of the [installed](crate::install) registry. Until a registry is
/// installed, such spans are not recorded.
///
/// `#[instrument]` spans and `#[traced]` spans nest in both directions. An event is added to the
/// innermost span around it, of either kind. An event of level `ERROR` sets the span's status. The
/// layer ignores multitracer's own events, and everything that exporters do.
///
/// The layer records what [tracing-opentelemetry](https://docs.rs/tracing-opentelemetry) records. Its
/// special fields (`otel.name`, `otel.kind` and others) and its `OpenTelemetrySpanExt` work. A span
/// with a parent from `set_parent` goes to the tracer that is ambient in the given context. If that
/// context has no ambient tracer, the span goes to the tracer that was ambient at its creation.
///
/// Add the layer once. A second one in the same subscriber panics.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder, traced};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// #[tracing::instrument]
/// fn outer() {
///     inner();
/// }
///
/// #[traced]
/// fn inner() {
///     tracing::info!("an event of `inner`");
/// }
///
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
/// let canary_tracer = registry.tracer("canary")?;
/// tracing::subscriber::with_default(subscriber, || canary_tracer.scope(outer));
///
/// let [inner, outer] = &canary.spans()[..] else { panic!("two spans") };
/// assert_eq!(inner.parent_span_id, outer.span_context.span_id());
/// assert_eq!(inner.events[0].name, "an event of `inner`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a layer does nothing until it is added to a subscriber"]
pub fn tracing_layer<S>() -> impl Layer<S> + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_layer_with(TracingOptions::default())
}

/// Returns the layer of [`tracing_layer`], with options.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::subscriber::{TracingOptions, tracing_layer_with};
/// use multitracer::{Registry, TracerBuilder};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// # let spans = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("production").in_memory(&spans);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// let options = TracingOptions::new().location(false).threads(false).inactivity(false);
/// let subscriber = tracing_subscriber::registry().with(tracing_layer_with(options));
/// tracing::subscriber::with_default(subscriber, || {
///     registry.scope(|| tracing::info_span!("sell").in_scope(|| {}));
/// });
/// let keys: Vec<_> = spans.spans()[0].attributes.iter().map(|of| of.key.to_string()).collect();
/// assert_eq!(keys, ["target"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a layer does nothing until it is added to a subscriber"]
pub fn tracing_layer_with<S>(options: TracingOptions) -> impl Layer<S> + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    layer(None, options)
}

impl Registry {
    /// Returns the layer of [`tracing_layer`], with this registry in place of the installed one.
    ///
    /// Without an ambient tracer, spans go to this registry's default tracer.
    ///
    /// ```
    /// use multitracer::export::InMemoryExporter;
    /// use multitracer::{Registry, TracerBuilder};
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let spans = InMemoryExporter::new();
    /// let registry =
    ///     Registry::builder().tracer(TracerBuilder::new("production").in_memory(&spans)).build()?;
    ///
    /// let subscriber = tracing_subscriber::registry().with(registry.tracing_layer());
    /// tracing::subscriber::with_default(subscriber, || {
    ///     tracing::info_span!("sell").in_scope(|| {});
    /// });
    /// assert_eq!(spans.spans()[0].name, "sell");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "a layer does nothing until it is added to a subscriber"]
    pub fn tracing_layer<S>(&self) -> impl Layer<S> + 'static + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.tracing_layer_with(TracingOptions::default())
    }

    /// Returns the layer of [`Registry::tracing_layer`], with options.
    #[must_use = "a layer does nothing until it is added to a subscriber"]
    pub fn tracing_layer_with<S>(&self, options: TracingOptions) -> impl Layer<S> + 'static + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        layer(Some(self.clone()), options)
    }
}

fn layer<S>(registry: Option<Registry>, options: TracingOptions) -> impl Layer<S> + 'static + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = SpanLayer::new::<S>(registry, options);
    let access = layer.shadow_access();
    layer.and_then(access)
}
