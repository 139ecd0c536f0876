//! The headers of requests to other services.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::{OWN_PREFIX, ROUTE_ENTRY, VARIANT_ENTRY};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{NearestSpan, Tracer, nearest_span, with_current};

/// The entry of a `Context` that holds the route of the current request.
#[derive(Clone, Debug)]
pub(super) struct RequestRoute(pub(super) Route);

/// Writes the current span, the baggage and the name of the route into `headers`.
///
/// The function sets `traceparent` and `tracestate` (W3C trace context) and `baggage` (W3C
/// baggage). The baggage is that of the current context, with the additional entry
/// `multitracer.route`. The entry is the first of these that applies:
/// 1. the route that the request took, if it leads to the ambient tracer;
/// 2. no entry, if the ambient tracer is the default tracer;
/// 3. the first route that leads to the ambient tracer;
/// 4. the route that the request took, if no route leads to the ambient tracer.
///
/// A service that trusts the baggage takes the route of that name. The parent in `traceparent` is a
/// span of the named route's tracer, or of the default tracer if no route is named. Therefore the
/// next service does not continue a trace in the wrong project.
///
/// ```
/// # use multitracer::Registry;
/// # let registry = Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers:
/// #   production: {exporter: console, sampler: always_off}
/// #   canary: {exporter: console, sampler: always_off}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let mut headers = http::HeaderMap::new();
/// registry.tracer("canary")?.in_span("call", || multitracer::propagation::inject(&mut headers));
/// assert_eq!(headers["baggage"], "multitracer.route=canary-users");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inject(headers: &mut HeaderMap) {
    with_current(|cx| inject_context(cx, &mut HeaderInjector(headers)));
}

/// Returns the headers that [`inject`] writes, for clients that take a header map.
///
/// With reqwest: `client.get(url).headers(outgoing_headers())`.
///
/// ```
/// use multitracer::propagation::outgoing_headers;
///
/// # let registry = multitracer::Registry::from_yaml(
/// #     "tracers: {production: {exporter: console, sampler: always_off}}",
/// # )?;
/// let headers = registry.default_tracer().in_span("call", outgoing_headers);
/// assert!(headers.contains_key("traceparent"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn outgoing_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(3);
    inject(&mut headers);
    headers
}

/// Writes the context of `cx` into any carrier.
pub(super) fn inject_context(cx: &Context, injector: &mut dyn Injector) {
    let Outgoing { span, route, variant } = outgoing(cx);
    let sent = Context::new();
    if let Some(span) = span {
        TraceContextPropagator::new().inject_context(&sent.with_remote_span_context(span), injector);
    }
    let own = |name: &'static str, value: Option<Cow<'_, str>>| {
        // the propagator does not encode percent signs
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

/// The span, the route and the variant to send.
struct Outgoing<'a> {
    span: Option<SpanContext>,
    route: Option<Cow<'a, str>>,
    variant: Option<Cow<'a, str>>,
}

/// Chooses the route to name, and a span of its tracer.
fn outgoing(cx: &Context) -> Outgoing<'_> {
    let current = Some(cx.span().span_context().clone()).filter(SpanContext::is_valid);
    let unnamed = |span| Outgoing { span, route: None, variant: None };
    let Some(registry) = Registry::of(cx) else { return unnamed(current) };
    let own = |id| match nearest_span(cx, registry.set(), id) {
        NearestSpan::Own(span) | NearestSpan::OwnFurtherOut(span) => Some(span),
        NearestSpan::Silent(remote) => remote,
        NearestSpan::Foreign(_) | NearestSpan::None => None,
    };
    let Some(ambient) = Tracer::of_work(cx).map(|tracer| tracer.core().id()) else {
        return unnamed(current);
    };
    let decided =
        cx.get::<RequestRoute>().filter(|RequestRoute(route)| route.tracer().registry().ptr_eq(&registry));
    let is_decided =
        decided.is_some_and(|RequestRoute(route)| route.tracer().core().id().has_name_of(ambient));
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
            // a receiver without a route's name continues the span with its default tracer
            return unnamed(own(default).or(current));
        }
    }
    let Some(RequestRoute(route)) = decided else { return unnamed(current) };
    let tracer = route.tracer().clone().in_force(cx);
    Outgoing {
        span: tracer.and_then(|tracer| own(tracer.core().id())),
        route: route.name().map(Cow::Borrowed),
        variant: route.assignment().and_then(|assignment| assignment.variant()).map(Cow::Borrowed),
    }
}

/// An injector into a header map. It skips values that are invalid in a header.
struct HeaderInjector<'a>(&'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(key.as_bytes()), HeaderValue::try_from(value))
        {
            self.0.insert(name, value);
        }
    }
}
