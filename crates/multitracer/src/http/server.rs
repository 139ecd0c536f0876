//! The start of a server span: the choice of the route, and the first attributes.

use http::request::Parts;
use http::{HeaderValue, Request};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use super::head::{DescribingHeaders, Head};
use super::marks::mark;
use super::options::Options;
use super::semantics::Semantics;
use super::span::RequestSpan;
use crate::propagation::{Arriving, ChosenRoute, ContextFields, Incoming, ignore_baggage};
use crate::registry::Matched;
use crate::routing::{Headers as _, Route};
use crate::tracer::{current_context, start_arriving, start_root_request};

/// The outcome of routing a request.
struct Decision {
    chosen: ChosenRoute,
    /// The name of the route that the check of `accept_route` refused.
    refused: Option<String>,
}

/// Starts the span of a request, unless an outer layer of the same registry did.
pub(super) fn open_span<B>(options: &Options, request: &mut Request<B>) -> RequestSpan {
    if mark(request.extensions_mut(), &options.registry) {
        start_span(options, Head::of(request), None)
    } else {
        RequestSpan::new(current_context(), None)
    }
}

/// The same for a layer with functions of the user that read the whole head.
pub(super) fn open_chosen_span(options: &Options, request: &mut Parts) -> RequestSpan {
    if mark(&mut request.extensions, &options.registry) {
        start_span(options, Head::of_parts(request), Some(request))
    } else {
        RequestSpan::new(current_context(), None)
    }
}

/// Starts the span of a request. `parts` is the same head, for the functions of the user.
fn start_span(options: &Options, head: Head<'_>, parts: Option<&Parts>) -> RequestSpan {
    if options.exclusions.contains(head.uri.path()) {
        return RequestSpan::new(current_context().with_telemetry_suppressed(), None);
    }
    let (mut describing, mut fields) = (DescribingHeaders::default(), ContextFields::default());
    let visit = |name: &_, value| {
        describing.visit(name, value);
        fields.visit(name, value);
    };
    let registry = &options.registry;
    let matched = match &options.choose {
        Some(_) => {
            head.headers.for_each_header(visit);
            None
        }
        None => Some(registry.matching_route(head.headers, visit)),
    };
    let semantics = Semantics::of_server(&describing);
    let describe = |attributes: &mut _| {
        let pattern = match &options.find_route {
            Some(find) if !semantics.is_grpc() => find(head.extensions),
            _ => None,
        };
        semantics.describe(head, describing, pattern, attributes)
    };
    if let Some(matched @ Matched { route: None, .. }) = &matched
        && fields.is_empty()
        && options.response_header.is_none()
        && (options.reads_baggage || !registry.trusts_baggage())
        && registry.is_installed()
    {
        let (set, cx) = (registry.set(), current_context());
        let started = start_root_request(set, matched.roster(), &cx, semantics.kind(), describe);
        if let Some(started) = started {
            return RequestSpan::new(started.cx, started.recording.then_some(semantics));
        }
    }

    let trusts_baggage = registry.trusts_baggage();
    let mut outer = registry.current_context();
    if !options.reads_baggage && trusts_baggage {
        // a middleware may extract the headers again
        outer = ignore_baggage(&outer);
    }
    let incoming = Incoming::from_fields(&outer, fields, trusts_baggage && options.reads_baggage);
    let Decision { chosen: ChosenRoute { route, caller }, refused } =
        decide(options, head, parts, matched.and_then(|matched| matched.route), &incoming);
    let Arriving { cx, frame } = Arriving::new(incoming.cx, &route, caller);
    let started = start_arriving(&cx, frame, semantics.kind(), describe);
    if started.recording {
        record_route(&started.cx, &route, refused);
    }
    let span = RequestSpan::new(started.cx, started.recording.then_some(semantics));
    let Some(name) = &options.response_header else { return span };
    match HeaderValue::from_str(route.tracer().name()) {
        Ok(value) => span.with_header(name.clone(), value),
        Err(_) => span,
    }
}

/// Chooses the route: from trusted baggage, else by the rules, and then by `accept_route`.
/// `matched` is the route by the rules of the configuration.
fn decide(
    options: &Options,
    head: Head<'_>,
    parts: Option<&Parts>,
    matched: Option<Route>,
    incoming: &Incoming,
) -> Decision {
    let registry = &options.registry;
    let by_rules = || match (&options.choose, parts) {
        (Some(choose), Some(parts)) => choose.choose_route(registry, parts),
        _ => matched.unwrap_or_else(|| registry.default_route()),
    };
    let chosen = incoming
        .route(registry, head.headers)
        .unwrap_or_else(|| ChosenRoute { route: by_rules(), caller: incoming.caller_elsewhere() });
    match (&options.accept, parts, chosen.route.name()) {
        (Some(accept), Some(parts), Some(name)) if !accept(parts, &chosen.route) => Decision {
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
