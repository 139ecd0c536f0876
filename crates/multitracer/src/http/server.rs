//! The start of a server span: the choice of the route, and the first attributes.

use http::HeaderValue;
use http::request::Parts;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use super::options::Options;
use super::semantics::Semantics;
use super::span::RequestSpan;
use crate::propagation::{ChosenRoute, Incoming, arrive, ignore_baggage};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{Chosen, Readiness, Started, current_context};

/// The outcome of routing a request.
struct Decision {
    chosen: ChosenRoute,
    /// The name of the route that the check of `accept_route` refused.
    refused: Option<String>,
}

/// An extension of a request that has a span, so that an inner layer does not start another.
#[derive(Clone)]
pub(super) struct SpanOpened(Registry);

/// Starts the span of a request, unless an outer layer of the same registry did.
pub(super) fn open_span(options: &Options, request: &mut Parts) -> RequestSpan {
    if request
        .extensions
        .get::<SpanOpened>()
        .is_some_and(|SpanOpened(registry)| registry.ptr_eq(&options.registry))
    {
        return RequestSpan::new(current_context(), None);
    }
    request.extensions.insert(SpanOpened(options.registry.clone()));
    start_span(options, request)
}

fn start_span(options: &Options, request: &Parts) -> RequestSpan {
    if options.exclusions.contains(request.uri.path()) {
        return RequestSpan::new(current_context().with_telemetry_suppressed(), None);
    }
    let registry = &options.registry;
    let trusted = options.reads_baggage && registry.trusts_baggage();
    let mut outer = registry.current_context();
    if !options.reads_baggage && registry.trusts_baggage() {
        // a middleware may extract the headers again
        outer = ignore_baggage(&outer);
    }
    let incoming = Incoming::from_headers(&outer, &request.headers, trusted);
    let Decision { chosen: ChosenRoute { route, caller }, refused } = decide(options, request, &incoming);
    let tracer = route.tracer();
    let header = options.response_header.clone().zip(HeaderValue::from_str(tracer.name()).ok());
    let cx = arrive(&incoming.cx, &route, caller);
    let in_force = match Chosen::Named(tracer.clone()).readiness(&cx) {
        Readiness::Ready(in_force) => in_force,
        Readiness::Silent(cx) => return RequestSpan::new(cx, None).with_header(header),
        Readiness::Unchanged => return RequestSpan::new(cx, None).with_header(header),
    };

    let semantics = Semantics::of_server(request);
    let describe = || {
        let pattern = match &options.find_route {
            Some(find) if !semantics.is_grpc() => find(&request.extensions),
            _ => None,
        };
        let name = semantics.name(request, pattern.as_deref());
        (name, semantics.request_attributes(request, pattern))
    };
    let span = match in_force.start_described(&cx, semantics.kind(), describe) {
        Started::Unsampled => RequestSpan::new(cx, None),
        Started::Opened { cx, recording } => {
            if recording {
                record_route(&cx, &route, refused);
            }
            RequestSpan::new(cx, recording.then_some(semantics))
        }
    };
    span.with_header(header)
}

/// Chooses the route: from trusted baggage, else by the rules, and then by `accept_route`.
fn decide(options: &Options, request: &Parts, incoming: &Incoming) -> Decision {
    let registry = &options.registry;
    let by_rules = || match &options.choose {
        Some(choose) => choose.choose_route(registry, request),
        None => registry.route(&request.headers),
    };
    let chosen = incoming
        .route(registry, &request.headers)
        .unwrap_or_else(|| ChosenRoute { route: by_rules(), caller: incoming.caller_elsewhere() });
    match (&options.accept, chosen.route.name()) {
        (Some(accept), Some(name)) if !accept(request, &chosen.route) => Decision {
            refused: Some(name.to_owned()),
            chosen: ChosenRoute { route: registry.default_route(), caller: incoming.caller_elsewhere() },
        },
        _ => Decision { chosen, refused: None },
    }
}

/// Records the route, the refused route and the experiment variant on the span.
fn record_route(cx: &Context, route: &Route, refused: Option<String>) {
    let span = cx.span();
    let rule = route.name().map(|name| KeyValue::new("multitracer.route", name.to_owned()));
    let refused = refused.map(|name| KeyValue::new("multitracer.route.refused", name));
    span.set_attributes(rule.into_iter().chain(refused));
    if let Some(assignment) = route.assignment() {
        span.set_attributes(assignment.span_attributes());
        assignment.record_exposure_in(cx);
    }
}
