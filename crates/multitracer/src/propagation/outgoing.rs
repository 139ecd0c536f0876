//! What a request to another service is given along.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::{OURS, ROUTE, VARIANT};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{NearestSpan, Tracer, nearest_span};

/// The route of the request that a `Context` belongs to.
#[derive(Clone, Debug)]
pub(super) struct Decided(pub(super) Route);

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
    let theirs = cx.baggage().iter().filter(|(name, _)| !name.as_str().starts_with(OURS));
    let theirs = theirs.map(|(name, (value, metadata))| {
        KeyValueMetadata::new(name.clone(), value.clone(), metadata.clone())
    });
    let entries: Vec<_> = theirs.chain(own(ROUTE, route)).chain(own(VARIANT, variant)).collect();
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
    let own = |id| match nearest_span(cx, registry.set(), id) {
        NearestSpan::Own(span) | NearestSpan::OwnFurtherOut(span) => Some(span),
        NearestSpan::Foreign(_) | NearestSpan::None => None,
    };
    let Some(ambient) = Tracer::ambient(cx).map(|tracer| tracer.core().id()) else {
        return unnamed(current);
    };
    let decided = cx.get::<Decided>().filter(|Decided(route)| route.tracer().registry().ptr_eq(&registry));
    let is_decided = decided.is_some_and(|Decided(route)| route.tracer().core().id().has_name_of(ambient));
    if !is_decided {
        let default = registry.set().default_id();
        if ambient.has_name_of(default) {
            return unnamed(own(ambient).or(current));
        }
        if let Some(name) = registry.route_to(ambient) {
            let route = Some(name.to_string().into());
            return Outgoing { span: own(ambient), route, variant: None };
        }
        if decided.is_none() {
            // who gets no name takes the caller's span for the default tracer's
            return unnamed(own(default).or(current));
        }
    }
    let Some(Decided(route)) = decided else { return unnamed(current) };
    let tracer = route.tracer().clone().in_force(cx);
    Outgoing {
        span: tracer.and_then(|tracer| own(tracer.core().id())),
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
