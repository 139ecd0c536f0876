//! The headers of requests to other services.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::{Injector, TextMapPropagator as _};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::baggage::{Entry, encode, is_own};
use super::{FIELDS, ROUTE_ENTRY, VARIANT_ENTRY};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{NearestSpan, Tracer, nearest_span, with_current};

/// The entry of a `Context` that holds the route of the current request.
#[derive(Clone, Debug)]
pub(super) struct RequestRoute(pub(super) Route);

/// Writes the trace context, the baggage and the name of the route into `headers`.
///
/// The function sets `traceparent` and `tracestate` (W3C trace context) and `baggage` (W3C
/// baggage). It removes the fields of these names that `headers` has already. A gateway that copies
/// the headers of its caller therefore forwards no foreign parent and no forged route.
///
/// The baggage is that of the current context, with the additional entry `multitracer.route`. The
/// entry is the first of these that applies:
/// 1. the route that the request took, if it leads to the ambient tracer;
/// 2. no entry, if the ambient tracer is the default tracer;
/// 3. the first route that leads to the ambient tracer;
/// 4. the route that the request took, if no route leads to the ambient tracer.
///
/// A route that a reload removed, or led to another tracer, is not named. A service that trusts the
/// baggage takes the route of the given name.
///
/// The parent in `traceparent` is the nearest span of the named route's tracer, or of the default
/// tracer if no route is named. If that tracer has no span here, there is no `traceparent`.
/// Therefore the next service never continues the span of one project in another project.
/// - A remote span in the context counts as a span of the default tracer, or of the tracer that
///   trusted baggage named. A proxy without spans of its own forwards it.
/// - A span of another tracer provider has no tracer here, and is not sent.
/// - Without a registry, the current span is sent.
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
    let Some(fields) = with_current(|cx| Fields::of(cx, None)) else { return };
    for (name, value) in fields.headers() {
        match value {
            Some(value) if !value.is_empty() => drop(headers.insert(name, value)),
            _ => drop(headers.remove(name)),
        }
    }
}

/// Returns the headers that [`inject`] writes, for clients that take a header map.
///
/// With reqwest: `client.get(url).headers(outgoing_headers())`.
///
/// A field without a value is empty, and receivers ignore it. The client replaces the fields that
/// the request has already. Without the empty field, it would forward a copied one.
///
/// ```
/// use multitracer::propagation::outgoing_headers;
///
/// # let registry = multitracer::Registry::from_yaml(
/// #     "tracers: {production: {exporter: console, sampler: always_off}}",
/// # )?;
/// let headers = registry.default_tracer().in_span("call", outgoing_headers);
/// assert!(!headers["traceparent"].is_empty());
/// assert!(headers["baggage"].is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn outgoing_headers() -> HeaderMap {
    let fields = with_current(|cx| Fields::of(cx, None)).unwrap_or_default();
    let empty = HeaderValue::from_static("");
    fields.headers().map(|(name, value)| (name, value.unwrap_or_else(|| empty.clone()))).collect()
}

/// The values of [`FIELDS`]. A field without a value is empty.
#[derive(Default)]
pub(super) struct Fields([String; FIELDS.len()]);

impl Injector for Fields {
    fn set(&mut self, key: &str, value: String) {
        if let Some((_, field)) = FIELDS.iter().zip(&mut self.0).find(|(name, _)| **name == key) {
            *field = value;
        }
    }
}

impl Fields {
    /// Returns the fields for `cx`. Without a frame, the registry is `fallback`, or else the
    /// installed one.
    pub(super) fn of(cx: &Context, fallback: Option<&Registry>) -> Self {
        let Outgoing { span, route, variant } = outgoing(cx, fallback);
        let (mut fields, sent) = (Self::default(), Context::new());
        if let Some(span) = span {
            TraceContextPropagator::new().inject_context(&sent.with_remote_span_context(span), &mut fields);
        }
        let mut foreign: Vec<_> = cx.baggage().iter().filter(|(name, _)| !is_own(name.as_str())).collect();
        foreign.sort_unstable_by_key(|(name, _)| name.as_str());
        let foreign = foreign.into_iter().map(|(name, (value, properties))| Entry {
            name: name.as_str(),
            value: value.as_str().into(),
            properties: properties.as_str().into(),
        });
        // the route comes first, because a full field takes no further entries
        let own = [(ROUTE_ENTRY, route), (VARIANT_ENTRY, variant)];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some(Entry { name, value: value?, properties: Cow::default() }));
        fields.set("baggage", encode(own.chain(foreign)));
        fields
    }

    /// Sets each field in a carrier, also the empty ones.
    pub(super) fn set_in(self, injector: &mut dyn Injector) {
        for (name, value) in FIELDS.into_iter().zip(self.0) {
            injector.set(name, value);
        }
    }

    /// Returns the fields as headers. A value that is invalid in a header is `None`.
    fn headers(self) -> impl Iterator<Item = (HeaderName, Option<HeaderValue>)> {
        let fields = FIELDS.into_iter().zip(self.0);
        fields.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).ok()))
    }
}

/// The span, the route and the variant to send.
struct Outgoing<'a> {
    span: Option<SpanContext>,
    route: Option<Cow<'a, str>>,
    variant: Option<Cow<'a, str>>,
}

/// Chooses the route to name, and a span of its tracer.
fn outgoing<'a>(cx: &'a Context, fallback: Option<&Registry>) -> Outgoing<'a> {
    let Some(registry) = Registry::of_or(cx, fallback) else {
        let current = Some(cx.span().span_context().clone()).filter(SpanContext::is_valid);
        return Outgoing { span: current, route: None, variant: None };
    };
    let ambient = Tracer::of_frame(cx).or_else(|| Registry::ambient_tracer_or(cx, fallback));
    let unnamed =
        |default: &Tracer| Outgoing { span: nearest_own_span(cx, default), route: None, variant: None };
    let Some(ambient) = ambient else { return unnamed(&registry.default_tracer()) };
    let id = ambient.core().id();
    let taken = taken_route(cx, &registry);
    if !taken.is_some_and(|route| route.tracer().core().id().has_name_of(id)) {
        if id.has_name_of(registry.set().default_id()) {
            return unnamed(&ambient);
        }
        if let Some(name) = registry.route_to(id) {
            let route = Some(name.to_string().into());
            return Outgoing { span: nearest_own_span(cx, &ambient), route, variant: None };
        }
    }
    // without a route's name, the receiver continues the span with its default tracer
    let Some(route) = taken else { return unnamed(&registry.default_tracer()) };
    Outgoing {
        span: nearest_own_span(cx, route.tracer()),
        route: route.name().map(Cow::Borrowed),
        variant: route.assignment().and_then(|assignment| assignment.variant()).map(Cow::Borrowed),
    }
}

/// Returns the route that the request took, unless a reload removed it or led it to another tracer.
fn taken_route<'a>(cx: &'a Context, registry: &Registry) -> Option<&'a Route> {
    let RequestRoute(route) = cx.get()?;
    let tracer = route.tracer();
    let is_in_force =
        tracer.registry().ptr_eq(registry) && registry.leads_to(route.name()?, tracer.core().id());
    is_in_force.then_some(route)
}

/// Returns the nearest span of `tracer` around `cx`.
fn nearest_own_span(cx: &Context, tracer: &Tracer) -> Option<SpanContext> {
    let id = tracer.core().id();
    let in_force = tracer.clone().in_force(cx).map(|tracer| tracer.core().id());
    // a span that arrived before a reload belongs to the handle's build
    let builds = [in_force.filter(|build| build.has_name_of(id)), Some(id)];
    builds.into_iter().flatten().find_map(|build| match nearest_span(cx, tracer.set(), build) {
        NearestSpan::Own(span) | NearestSpan::OwnFurtherOut(span) => Some(span),
        NearestSpan::Silent(remote) => remote,
        NearestSpan::Foreign(_) | NearestSpan::None => None,
    })
}
