//! How a server's span begins.

use http::HeaderValue;
use http::request::Parts;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use super::layer::Options;
use super::semantics::Semantics;
use super::span::RequestSpan;
use crate::propagation::{Incoming, Named, enter};
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{NewSpan, Started, Tracer};

/// What was decided for a request.
struct Decision {
    named: Named,
    /// The route that the application did not let it take.
    refused: Option<String>,
}

/// On a request that has its span, so that a layer further in opens no other.
#[derive(Clone)]
pub(super) struct Opened(Registry);

pub(super) fn open(options: &Options, request: &mut Parts) -> RequestSpan {
    if request.extensions.get::<Opened>().is_some_and(|Opened(registry)| registry.ptr_eq(&options.registry)) {
        return RequestSpan::new(Context::current(), None);
    }
    request.extensions.insert(Opened(options.registry.clone()));
    begin(options, request)
}

fn begin(options: &Options, request: &Parts) -> RequestSpan {
    if options.exclude.contain(request.uri.path()) {
        return RequestSpan::new(Context::current().with_telemetry_suppressed(), None);
    }
    let registry = &options.registry;
    let trusted = options.baggage && registry.trusts_baggage();
    let incoming = Incoming::read(&registry.entered(), &request.headers, trusted);
    let Decision { named: Named { route, same_tracer }, refused } = decide(options, request, &incoming);
    let tracer = route.tracer();
    let header = options.response_header.clone().zip(HeaderValue::from_str(tracer.name()).ok());
    let cx = enter(&incoming.cx, &route, same_tracer);
    let silent = |cx: &Context| RequestSpan::new(tracer.context(cx), None);
    let in_force = tracer.clone().in_force(&cx).filter(Tracer::is_on);
    let Some(in_force) = in_force else { return silent(&cx).with_header(header) };

    let semantics = Semantics::of_server(request);
    let pattern = match &options.find_route {
        Some(find) if !semantics.is_rpc() => find(&request.extensions),
        _ => None,
    };
    let new = NewSpan {
        attributes: semantics.request(request, pattern.clone()),
        ..NewSpan::new(semantics.name(request, pattern.as_deref()), semantics.kind())
    };
    let span = match in_force.start(&cx, new, || []) {
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

fn decide(options: &Options, request: &Parts, incoming: &Incoming) -> Decision {
    let registry = &options.registry;
    let by_rules = || match &options.choose {
        Some(choose) => choose.choose_route(registry, request),
        None => registry.route(&request.headers),
    };
    let named = incoming
        .route(registry, &request.headers)
        .unwrap_or_else(|| Named { route: by_rules(), same_tracer: false });
    match (&options.accept, named.route.name()) {
        (Some(accept), Some(name)) if !accept(request, &named.route) => Decision {
            refused: Some(name.to_owned()),
            named: Named { route: registry.default_route(), same_tracer: false },
        },
        _ => Decision { named, refused: None },
    }
}

/// Which rule or variant chose the tracer.
fn record(cx: &Context, route: &Route, refused: Option<String>) {
    let span = cx.span();
    let rule = route.name().map(|name| KeyValue::new("multitracer.route", name.to_owned()));
    let refused = refused.map(|name| KeyValue::new("multitracer.route.refused", name));
    span.set_attributes(rule.into_iter().chain(refused));
    if let Some(assignment) = route.assignment() {
        span.set_attributes(assignment.span_attributes());
        assignment.record_exposure_in(cx);
    }
}
