//! The context that a request or message brings.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::trace::TraceContextExt as _;

use super::baggage::{Entry, decode, is_own};
use super::carrier::Carrier;
#[cfg(feature = "tower")]
use super::carrier::ContextFields;
use super::{ROUTE_ENTRY, VARIANT_ENTRY};
use crate::experiment::Reason;
use crate::record::with_short_state;
use crate::registry::Registry;
use crate::routing::{Headers, Route};

/// The route of a request.
#[derive(Debug)]
pub(crate) struct ChosenRoute {
    pub(crate) route: Route,
    pub(crate) caller: CallerSpan,
}

/// The owner of the span that the request brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerSpan {
    /// The default tracer, because the request names no route.
    DefaultTracer,
    /// The tracer of the route that trusted baggage names.
    Route,
    /// A tracer that this registry does not know: trusted baggage names another route.
    Nobody,
}

/// The context and the routing hints of an inbound request.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The context with the caller's span and its trusted baggage.
    pub(crate) cx: Context,
    /// The name of the route in trusted baggage.
    route: Option<String>,
    /// The name of the experiment variant in trusted baggage.
    variant: Option<String>,
}

/// The entry of a `Context` of a request whose baggage the layer ignores.
#[derive(Clone, Copy, Debug)]
struct IgnoredBaggage;

/// Returns `cx` for a request whose baggage no propagator may read.
#[cfg_attr(not(feature = "tower"), expect(dead_code, reason = "a layer for servers sets it"))]
pub(crate) fn ignore_baggage(cx: &Context) -> Context {
    cx.with_value(IgnoredBaggage)
}

/// Returns `true` if the request of `cx` came through a layer that ignores baggage.
pub(super) fn ignores_baggage(cx: &Context) -> bool {
    cx.get::<IgnoredBaggage>().is_some()
}

impl Incoming {
    /// Reads `headers` on top of `cx`, and their baggage only if it is `trusted`.
    pub(crate) fn from_headers<H: Headers + ?Sized>(cx: &Context, headers: &H, trusted: bool) -> Self {
        Self::from_carrier(cx, &Carrier::from_headers(headers, trusted))
    }

    /// Reads `fields` on top of `cx`, and their baggage only if it is `trusted`.
    #[cfg(feature = "tower")]
    pub(crate) fn from_fields(cx: &Context, fields: ContextFields<'_>, trusted: bool) -> Self {
        Self::from_carrier(cx, &Carrier::from_fields(fields, trusted))
    }

    pub(super) fn from_carrier(cx: &Context, carrier: &Carrier<'_>) -> Self {
        // every span of the trace copies the trace state
        let remote = carrier.span().map(|remote| with_short_state(&remote).unwrap_or(remote));
        let cx = remote.map_or_else(|| cx.clone(), |remote| cx.with_remote_span_context(remote));
        let mut incoming = Self { cx, route: None, variant: None };
        incoming.take_baggage(carrier);
        incoming
    }

    /// Copies the baggage into the context, except the library's own entries.
    fn take_baggage(&mut self, carrier: &Carrier<'_>) {
        // baggage that is not trusted is not in the carrier
        let Some(field) = carrier.baggage() else { return };
        let mut foreign = Vec::new();
        for Entry { name, value, properties } in decode(field) {
            match name {
                ROUTE_ENTRY => self.route = Some(value.into_owned()),
                VARIANT_ENTRY => self.variant = Some(value.into_owned()),
                name if is_own(name) => {}
                name => {
                    foreign.push(KeyValueMetadata::new(name.to_owned(), value.into_owned(), &*properties));
                }
            }
        }
        if !foreign.is_empty() {
            self.cx = self.cx.with_baggage(foreign);
        }
    }
}

impl Incoming {
    /// Returns the owner of the caller's span, if the request does not take the caller's route.
    pub(crate) fn caller_elsewhere(&self) -> CallerSpan {
        if self.route.is_some() { CallerSpan::Nobody } else { CallerSpan::DefaultTracer }
    }

    /// Returns the route that trusted baggage names, if this registry has it.
    pub(crate) fn route<H: Headers + ?Sized>(&self, registry: &Registry, headers: &H) -> Option<ChosenRoute> {
        let route = registry.route_named(self.route.as_ref()?, headers)?;
        let Some(assignment) = route.assignment() else {
            // a route without an experiment has no variants
            let caller = if self.variant.is_some() { CallerSpan::Nobody } else { CallerSpan::Route };
            return Some(ChosenRoute { route, caller });
        };
        let Ok(experiment) = registry.experiment(assignment.experiment()) else {
            return Some(ChosenRoute { route, caller: CallerSpan::Nobody });
        };
        let decided = match &self.variant {
            Some(variant) => experiment.with_variant(variant, Reason::Split),
            // the caller took the fallback
            None => Some(experiment.assign_unit(None)),
        };
        // without a variant that is known here, the route keeps its own assignment
        Some(match decided {
            Some(decided) => ChosenRoute { route: route.with_assignment(decided), caller: CallerSpan::Route },
            None => ChosenRoute { route, caller: CallerSpan::Nobody },
        })
    }
}
