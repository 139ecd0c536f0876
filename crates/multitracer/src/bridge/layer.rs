//! The `tracing` layer: tracing-opentelemetry between two small layers of ours.

use std::cell::{Cell, RefCell};

use opentelemetry::trace::{SpanId, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};
use tracing::span::Id;
use tracing::{Event, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

use super::delivery::EventDelivery;
use super::event;
use super::layer_tracer::LayerTracer;
use super::options::TracingOptions;
use crate::registry::Registry;
use crate::tracer::{Frame, owner};

/// A `tracing` layer whose spans go to the tracer that is ambient where each of them is created, of whatever registry.
///
/// Where none is ambient, they go to the default tracer of the [installed](crate::install) registry; until one is installed
/// there are none. `#[instrument]` spans and `#[traced]` spans nest both ways. An event becomes one of the innermost span around
/// it, whichever of the two it is; one of level `ERROR` sets the span's status. Events of multitracer itself are left out.
///
/// Built on [tracing-opentelemetry](https://docs.rs/tracing-opentelemetry): its fields with a meaning of their own (`otel.name`,
/// `otel.kind`, ..) and its `OpenTelemetrySpanExt` work. A span whose parent was set with `set_parent` goes to the tracer that is ambient in the
/// given context, else keeps the one of the place where it was created. Add the layer once; a second one
/// of tracing-opentelemetry in the same subscriber panics.
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
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build()?;
/// let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
/// tracing::subscriber::with_default(subscriber, || registry.tracer("canary").unwrap().scope(outer));
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

/// As [`tracing_layer`], with options.
#[must_use = "a layer does nothing until it is added to a subscriber"]
pub fn tracing_layer_with<S>(options: TracingOptions) -> impl Layer<S> + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    layer(None, options)
}

impl Registry {
    /// As [`tracing_layer`]; where no tracer is ambient, spans go to this registry's default tracer.
    #[must_use = "a layer does nothing until it is added to a subscriber"]
    pub fn tracing_layer<S>(&self) -> impl Layer<S> + 'static + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.tracing_layer_with(TracingOptions::default())
    }

    /// As [`Registry::tracing_layer`], with options.
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
    let spans = OpenTelemetryLayer::new(LayerTracer::new(registry))
        .with_location(options.location)
        .with_threads(options.threads)
        .with_target(options.target)
        .with_level(options.level)
        .with_tracked_inactivity(options.inactivity);
    BeforeOpenTelemetry.and_then(spans).and_then(AfterOpenTelemetry { options })
}

/// Sees everything before tracing-opentelemetry does.
struct BeforeOpenTelemetry;

impl<S: Subscriber> Layer<S> for BeforeOpenTelemetry {
    fn on_event(&self, event: &Event<'_>, _cx: LayerContext<'_, S>) {
        if !event.is_contextual() {
            EventDelivery::begin(None);
        } else if is_own_event(event) {
            EventDelivery::begin(Some(SpanId::INVALID));
        } else {
            EventDelivery::begin(Context::map_current(|cx| {
                let span = cx.span();
                let span = span.span_context();
                (span.is_valid() && !span.is_remote()).then(|| span.span_id())
            }));
        }
    }
}

/// Sees everything after tracing-opentelemetry did.
struct AfterOpenTelemetry {
    options: TracingOptions,
}

thread_local! {
    static ADOPTED_CONTEXTS: RefCell<Vec<(Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
    static IS_RECORDING_EVENT: Cell<bool> = const { Cell::new(false) };
}

impl<S: Subscriber> Layer<S> for AfterOpenTelemetry {
    /// Makes the tracer of a span ambient whose context has no frame.
    fn on_enter(&self, id: &Id, _cx: LayerContext<'_, S>) {
        let adopted = Context::map_current(|cx| {
            let owner = if Frame::of(cx).is_none() { owner(cx.span().span_context()) } else { None };
            owner.map(|owner| Frame::adopt(cx, &owner.registry, &owner.core))
        });
        if let Some(adopted) = adopted {
            let attached = adopted.attach();
            ADOPTED_CONTEXTS.with_borrow_mut(|list| list.push((id.clone(), attached)));
        }
    }

    fn on_exit(&self, id: &Id, _cx: LayerContext<'_, S>) {
        let attached = ADOPTED_CONTEXTS.with_borrow_mut(|list| {
            let at = list.iter().rposition(|(of, _)| of == id)?;
            Some(list.remove(at))
        });
        drop(attached);
    }

    /// Puts an event on its span which tracing-opentelemetry could not.
    fn on_event(&self, event: &Event<'_>, _cx: LayerContext<'_, S>) {
        let Some(delivery) = EventDelivery::end() else { return };
        if delivery.is_delivered || delivery.target == SpanId::INVALID {
            return;
        }
        // what the SDK says about this very event would wait for the span's lock for ever
        if !IS_RECORDING_EVENT.replace(true) {
            let cx = Context::current();
            let span = cx.span();
            if span.is_recording() {
                event::record_event(event, &span, &self.options);
            }
            IS_RECORDING_EVENT.set(false);
        }
    }
}

/// Our own messages go into no span.
fn is_own_event(event: &Event<'_>) -> bool {
    event.metadata().target() == "multitracer"
}
