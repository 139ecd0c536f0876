//! What a request to another service is given along.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::{OWN_PREFIX, ROUTE_ENTRY, VARIANT_ENTRY};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{Around, Frame, around};

/// The route of the request that a `Context` belongs to.
#[derive(Clone, Debug)]
pub(super) struct RequestRoute(pub(super) Route);

/// Puts the current span, the baggage and the name of the request's route into `headers`.
///
/// Sent are `traceparent` and `tracestate` (W3C trace context) and `baggage` (W3C baggage). The baggage is the context's own, and the
/// entry `multitracer.route`: the name of the route that the request took, else of the first route to the ambient tracer; for the default tracer there is
/// none. A service that trusts it takes the route of that name. What is sent as the parent is a span of that route's tracer, or of the default one, so that
/// the next service does not continue a trace in the wrong project.
///
/// ```
/// # use multitracer::Registry;
/// # let registry = Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers: {production: {exporter: console, sampler: always_off}, canary: {exporter: console, sampler: always_off}}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let mut headers = http::HeaderMap::new();
/// registry.tracer("canary")?.in_span("call", || multitracer::propagation::inject(&mut headers));
/// assert_eq!(headers["baggage"], "multitracer.route=canary-users");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inject(headers: &mut HeaderMap) {
    Context::map_current(|cx| inject_context(cx, &mut HeaderInjector(headers)));
}

/// The headers of [`inject`], for clients that take a map: `client.get(url).headers(multitracer::propagation::outgoing_headers())` with reqwest.
#[must_use]
pub fn outgoing_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(3);
    inject(&mut headers);
    headers
}

/// As `inject`, from `cx` into whatever.
pub(super) fn inject_context(cx: &Context, injector: &mut dyn Injector) {
    let Outgoing { span, route, variant } = outgoing(cx);
    let sent = Context::new();
    if let Some(span) = span {
        TraceContextPropagator::new().inject_context(&sent.with_remote_span_context(span), injector);
    }
    let own = |name: &'static str, value: Option<Cow<'_, str>>| {
        // the propagator leaves percent signs as they are
        value.map(|value| KeyValueMetadata::new(name, value.replace('%', "%25"), ""))
    };
    let foreign = cx.baggage().iter().filter(|(name, _)| !name.as_str().starts_with(OWN_PREFIX));
    let foreign = foreign.map(|(name, (value, metadata))| {
        KeyValueMetadata::new(name.clone(), value.clone(), metadata.clone())
    });
    let entries: Vec<_> = foreign.chain(own(ROUTE_ENTRY, route)).chain(own(VARIANT_ENTRY, variant)).collect();
    if !entries.is_empty() {
        BaggagePropagator::new().inject_context(&sent.with_baggage(entries), injector);
    }
}

struct Outgoing<'a> {
    span: Option<SpanContext>,
    route: Option<Cow<'a, str>>,
    variant: Option<Cow<'a, str>>,
}

fn outgoing(cx: &Context) -> Outgoing<'_> {
    let current = Some(cx.span().span_context().clone()).filter(SpanContext::is_valid);
    let unnamed = |span| Outgoing { span, route: None, variant: None };
    let Some(registry) = Registry::of(cx) else { return unnamed(current) };
    let own = |id| match around(cx, &registry, id) {
        Around::Own(span) | Around::OwnFurtherOut(span) => Some(span),
        Around::Foreign(_) | Around::Nothing => None,
    };
    let ambient = match Frame::of(cx) {
        Some(frame) => Arc::clone(frame.tracer()),
        None => registry.ambient_in(cx),
    };
    let decided =
        cx.get::<RequestRoute>().filter(|RequestRoute(route)| route.tracer().registry().ptr_eq(&registry));
    let is_decided =
        decided.is_some_and(|RequestRoute(route)| route.tracer().core().id().has_name_of(ambient.id()));
    if !is_decided {
        let snapshot = registry.snapshot();
        let default = snapshot.default_tracer().id();
        if ambient.id().has_name_of(default) {
            return unnamed(own(ambient.id()).or(current));
        }
        if let Some(name) = snapshot.route_to(ambient.id()) {
            let route = Some(name.to_string().into());
            return Outgoing { span: own(ambient.id()), route, variant: None };
        }
        if decided.is_none() {
            // who gets no name takes the caller's span for the default tracer's
            return unnamed(own(default).or(current));
        }
    }
    let Some(RequestRoute(route)) = decided else { return unnamed(current) };
    let core = registry.in_force(cx, Arc::clone(route.tracer().core()));
    Outgoing {
        span: core.and_then(|core| own(core.id())),
        route: route.name().map(Cow::Borrowed),
        variant: route.assignment().and_then(|assignment| assignment.variant()).map(Cow::Borrowed),
    }
}

/// Writes into a header map; what is no header's value is left out.
struct HeaderInjector<'a>(&'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(key.as_bytes()), HeaderValue::try_from(value))
        {
            self.0.insert(name, value);
        }
    }
}
