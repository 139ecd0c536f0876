//! OpenTelemetry's `TextMapPropagator`.

use once_cell::sync::Lazy;
use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use super::carrier::Carrier;
use super::incoming::Incoming;
use super::outgoing::inject_context;
use crate::registry::Registry;

/// A `TextMapPropagator` for instrumented clients and servers of others.
///
/// What it injects is what [`inject`](crate::propagation::inject) sends: W3C trace context, baggage, and the name of the request's route. It extracts trace context
/// always, and baggage where the configuration trusts it; routing is the tower layer's, or [`Registry::route`]'s.
#[derive(Clone, Debug, Default)]
pub struct Propagator {
    registry: Option<Registry>,
}

/// A propagator that goes by the registry of the place where it is used, so that it may be set as OpenTelemetry's global one.
///
/// ```
/// opentelemetry::global::set_text_map_propagator(multitracer::propagation::propagator());
/// ```
#[must_use]
pub fn propagator() -> Propagator {
    Propagator::default()
}

impl Registry {
    /// A propagator that goes by this registry's `baggage.trusted` where no registry was entered.
    #[must_use]
    pub fn propagator(&self) -> Propagator {
        Propagator { registry: Some(self.clone()) }
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        inject_context(cx, injector);
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let trusts = |registry: &Registry| registry.snapshot().trusts_baggage();
        let trusted = match Registry::of(cx) {
            Some(registry) if crate::tracer::Frame::of(cx).is_some() => trusts(&registry),
            installed => match &self.registry {
                Some(registry) => trusts(registry),
                None => installed.is_some_and(|registry| trusts(&registry)),
            },
        };
        Incoming::from_carrier(cx, &Carrier::from_extractor(extractor, trusted)).cx
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: Lazy<Vec<String>> =
            Lazy::new(|| ["traceparent", "tracestate", "baggage"].map(str::to_owned).to_vec());
        FieldIter::new(&FIELDS)
    }
}
