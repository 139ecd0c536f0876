//! How a server's span begins.

use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::layer::Options;
use super::semantics::Semantics;
use super::span::RequestSpan;
use crate::propagation::{Decided, Incoming};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{Frame, NewSpan, Parent, Started};

/// What was decided for a request.
struct Decision {
    route: Route,
    /// The caller's span, where it is known to be of the same tracer.
    parent: Option<SpanContext>,
    /// Whether it is, also where it is not to be the parent.
    same: bool,
    /// The route that the application did not let it take.
    refused: Option<String>,
}

pub(super) fn open(options: &Options, request: &Parts) -> RequestSpan {
    if options.exclude.contain(request.uri.path()) {
        return RequestSpan::new(Context::current().with_telemetry_suppressed(), None);
    }
    let registry = &options.registry;
    let incoming = Incoming::read(registry, &entered(registry), &request.headers);
    let Decision { route, parent, same, refused } = decide(options, request, &incoming);
    let tracer = route.tracer();
    let header = options.response_header.clone().zip(HeaderValue::from_str(tracer.name()).ok());
    let mut cx = incoming.cx;
    if route.name().is_some() {
        cx = cx.with_value(Decided { route: route.clone(), same });
    }
    let silent = |cx: &Context| RequestSpan::new(tracer.context(cx), None);
    let core = tracer.registry().in_force(&cx, Arc::clone(tracer.core()));
    let Some(core) = core.filter(|core| core.is_on()) else { return silent(&cx).with_header(header) };

    let semantics = Semantics::of_server(request);
    let pattern = match &options.find_route {
        Some(find) if !semantics.is_rpc() => find(&request.extensions),
        _ => None,
    };
    let new = NewSpan {
        name: semantics.name(request, pattern.as_deref()),
        kind: semantics.kind(),
        parent: parent.map_or(Parent::Nearest, Parent::Given),
        links: Vec::new(),
        attributes: semantics.request(request, pattern),
    };
    let span = match core.start(tracer.registry(), &cx, new, || []) {
        Started::Unsampled => silent(&cx),
        Started::Opened { cx, recording } => {
            if recording {
                record(&cx, &route, refused);
            }
            RequestSpan::new(cx, recording.then_some(semantics))
        }
    };
    span.with_header(header)
}

/// The current context, with the registry in it.
fn entered(registry: &Registry) -> Context {
    let cx = Context::current();
    let there = Frame::of(&cx).map_or_else(|| registry.is_installed(), |frame| frame.registry().is(registry));
    if there { cx } else { registry.default_tracer().context(&cx) }
}

fn decide(options: &Options, request: &Parts, incoming: &Incoming) -> Decision {
    let registry = &options.registry;
    let (route, same) = match incoming.route(registry, &request.headers) {
        Some(decided) => decided,
        None => match &options.choose {
            Some(choose) => (choose.choose_route(registry, request), false),
            None => (registry.route(&request.headers), false),
        },
    };
    if let (Some(accept), Some(name)) = (&options.accept, route.name())
        && !accept(request, &route)
    {
        let refused = Some(name.to_owned());
        return Decision { route: registry.default_route(), parent: None, same: false, refused };
    }
    let parent = if same { incoming.parent(registry) } else { None };
    Decision { route, parent, same, refused: None }
}

/// Which rule or variant chose the tracer.
fn record(cx: &Context, route: &Route, refused: Option<String>) {
    let span = cx.span();
    let rule = route.name().map(|name| KeyValue::new("multitracer.route", name.to_owned()));
    let refused = refused.map(|name| KeyValue::new("multitracer.route.refused", name));
    span.set_attributes(rule.into_iter().chain(refused));
    if let Some(assignment) = route.assignment() {
        span.set_attributes(assignment.attributes());
        assignment.record_exposure_in(cx);
    }
}
