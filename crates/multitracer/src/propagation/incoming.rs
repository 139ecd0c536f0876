//! What a request says about itself, and how much of it counts.

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::carrier::Carrier;
use super::{OURS, ROUTE, VARIANT};
#[cfg(feature = "tower")]
use crate::config::RemoteParent;
#[cfg(feature = "tower")]
use crate::registry::Registry;
#[cfg(feature = "tower")]
use crate::routing::{Headers, Route};

/// What a request brought.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// The caller's span, and trusted baggage.
    pub(crate) cx: Context,
    /// The caller's span, if the request has one.
    pub(crate) remote: Option<SpanContext>,
    /// The route that trusted baggage names.
    route: Option<String>,
    variant: Option<String>,
}

impl Incoming {
    /// What `headers` bring into `cx`.
    #[cfg(feature = "tower")]
    pub(crate) fn read<H: Headers + ?Sized>(registry: &Registry, cx: &Context, headers: &H) -> Self {
        Self::of(cx, &Carrier::of_headers(headers, registry.snapshot().trusts_baggage()))
    }

    pub(super) fn of(cx: &Context, carrier: &Carrier<'_>) -> Self {
        let with_span = TraceContextPropagator::new().extract_with_context(&Context::new(), carrier);
        let remote = with_span.span().span_context().clone();
        let remote = remote.is_valid().then_some(remote);
        let mut incoming = Self { cx: cx.clone(), remote, route: None, variant: None };
        incoming.take_baggage(carrier);
        if let Some(remote) = &incoming.remote {
            incoming.cx = incoming.cx.with_remote_span_context(remote.clone());
        }
        incoming
    }

    /// The application sees all of it but our own entries.
    fn take_baggage(&mut self, carrier: &Carrier<'_>) {
        // without trust the carrier has none
        let brought = BaggagePropagator::new().extract_with_context(&Context::new(), carrier);
        let text = |name: &str| brought.baggage().get(name).map(ToString::to_string);
        (self.route, self.variant) = (text(ROUTE), text(VARIANT));
        let theirs: Vec<KeyValueMetadata> = brought
            .baggage()
            .iter()
            .filter(|(name, _)| !name.as_str().starts_with(OURS))
            .map(|(name, (value, metadata))| {
                KeyValueMetadata::new(name.clone(), value.clone(), metadata.clone())
            })
            .collect();
        if !theirs.is_empty() {
            self.cx = self.cx.with_baggage(theirs);
        }
    }
}

#[cfg(feature = "tower")]
impl Incoming {
    /// The route that the caller took, if it is trusted to say so and there is such a route; and whether the caller's span is
    /// of that route's tracer.
    pub(crate) fn route<H: Headers + ?Sized>(
        &self,
        registry: &Registry,
        headers: &H,
    ) -> Option<(Route, bool)> {
        let route = registry.route_named(self.route.as_ref()?, headers)?;
        let Some(assignment) = route.assignment() else { return Some((route, true)) };
        let decided = self.variant.as_ref().and_then(|variant| {
            let experiment = registry.experiment(assignment.experiment()).ok()?;
            experiment.decided(variant, crate::experiment::Reason::Split)
        });
        // where the caller had no variant, or one that is not known here, the unit decides
        Some(match decided {
            Some(decided) => (route.with_assignment(decided), true),
            None => (route, false),
        })
    }

    /// The caller's span, where it is the parent of a span of the tracer that the caller used too.
    pub(crate) fn parent(&self, registry: &Registry) -> Option<SpanContext> {
        let wanted = registry.snapshot().remote_parent() != RemoteParent::Link;
        self.remote.clone().filter(|_| wanted)
    }
}
