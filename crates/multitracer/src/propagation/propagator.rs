//! OpenTelemetry's `TextMapPropagator`.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use super::FIELDS;
use super::carrier::Carrier;
use super::incoming::{Incoming, ignores_baggage};
use super::outgoing::Fields;
use crate::registry::Registry;

/// A `TextMapPropagator` for clients and servers that other libraries instrument.
///
/// It injects the same as [`inject`](crate::propagation::inject): W3C trace context, baggage, and
/// the name of the request's route. It always sets `traceparent`, `tracestate` and `baggage`. A
/// field without a value is set to the empty string, because an [`Injector`] cannot remove the
/// field that a gateway copied from its caller. Receivers ignore an empty field.
///
/// It always extracts trace context, and baggage only if the configuration trusts it. It extracts
/// no baggage inside `HttpLayer::without_baggage`. It does not route: use the tower layer or
/// [`Registry::route`] for that.
///
/// [`propagator`] and [`Registry::propagator`] return it.
///
/// ```
/// use std::collections::HashMap;
///
/// use opentelemetry::Context;
/// use opentelemetry::propagation::TextMapPropagator as _;
/// use opentelemetry::trace::TraceContextExt as _;
///
/// let received = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
/// )]);
/// let propagator = multitracer::propagation::propagator();
/// let cx = propagator.extract_with_context(&Context::new(), &received);
/// assert_eq!(cx.span().span_context().span_id().to_string(), "b7ad6b7169203331");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Propagator {
    registry: Option<Registry>,
}

/// Returns a propagator that uses the registry that is current at each call.
///
/// This registry is the ambient tracer's, or else the [installed](crate::install) one. Set the
/// propagator as OpenTelemetry's global one:
///
/// ```
/// opentelemetry::global::set_text_map_propagator(multitracer::propagation::propagator());
/// ```
#[must_use]
pub fn propagator() -> Propagator {
    Propagator::default()
}

impl Registry {
    /// Returns a propagator that falls back to this registry.
    ///
    /// It reads `baggage.trusted` and the routes from the registry of the ambient tracer. Without
    /// an ambient tracer, it reads them from this registry, in place of the installed one.
    #[must_use]
    pub fn propagator(&self) -> Propagator {
        Propagator { registry: Some(self.clone()) }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        Fields::of(cx, self.registry.as_ref()).set_in(injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let registry = Registry::of_or(cx, self.registry.as_ref());
        let trusted = registry.is_some_and(|registry| registry.trusts_baggage()) && !ignores_baggage(cx);
        Incoming::from_carrier(cx, &Carrier::from_extractor(extractor, trusted)).cx
    }

    fn fields(&self) -> FieldIter<'_> {
        static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| FIELDS.map(str::to_owned).to_vec());
        FieldIter::new(&NAMES)
    }
}
