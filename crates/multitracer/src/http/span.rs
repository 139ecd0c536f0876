//! A request's server span.

use std::any::type_name;

use http::StatusCode;
use http::request::Parts;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::layer::HttpLayer;
use super::semantics;
use crate::registry::Registry;
use crate::routing::Route;
use crate::tracer::{Frame, NewSpan, Parent, Started};

/// The span and context of one request. Ends when dropped.
#[derive(Debug)]
pub(super) struct ServerSpan {
    cx: Context,
    recording: bool,
}

impl ServerSpan {
    pub(super) fn open(layer: &HttpLayer, request: &Parts) -> Self {
        let registry = &layer.registry;
        let route = registry.route(&request.headers);
        let tracer = route.tracer();
        let cx = incoming(registry, request);
        if !tracer.is_enabled() {
            return Self { cx: tracer.context(&cx), recording: false };
        }
        let pattern = layer.find_route.as_ref().and_then(|find| find(&request.extensions));
        let new = NewSpan {
            name: semantics::name(&request.method, pattern.as_deref()),
            kind: SpanKind::Server,
            parent: Parent::Nearest,
            links: Vec::new(),
            attributes: semantics::request(request, pattern),
        };
        match tracer.core().start(registry, &cx, new, || []) {
            Started::Unsampled => Self { cx: tracer.context(&cx), recording: false },
            Started::Opened { cx, recording } => {
                if recording {
                    cx.span().set_attributes(decision(&route));
                }
                Self { cx, recording }
            }
        }
    }

    pub(super) fn attach(&self) -> ContextGuard {
        self.cx.clone().attach()
    }

    pub(super) fn responded(&self, status: StatusCode) {
        if !self.recording {
            return;
        }
        let span = self.cx.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
    }

    /// The service or the body gave an error instead of what it should.
    pub(super) fn failed<E>(self) {
        if self.recording {
            let span = self.cx.span();
            span.set_attribute(KeyValue::new("error.type", type_name::<E>()));
            span.set_status(Status::error(""));
        }
    }

    /// The request was given up before there was a response.
    pub(super) fn cancelled(self) {
        if self.recording {
            self.cx.span().set_attribute(KeyValue::new("multitracer.cancelled", true));
        }
    }
}

impl Drop for ServerSpan {
    fn drop(&mut self) {
        if self.recording {
            self.cx.span().end();
        }
    }
}

/// The context that the request comes with. Its remote span belongs to the default tracer.
fn incoming(registry: &Registry, request: &Parts) -> Context {
    let mut cx = Context::current();
    let entered =
        Frame::of(&cx).map_or_else(|| registry.is_installed(), |frame| frame.registry().is(registry));
    if !entered {
        cx = registry.default_tracer().context(&cx);
    }
    TraceContextPropagator::new().extract_with_context(&cx, &Headers(request))
}

/// Which rule or variant chose the tracer.
fn decision(route: &Route) -> impl Iterator<Item = KeyValue> {
    let rule = route.name().map(|name| KeyValue::new("multitracer.route", name.to_owned()));
    let assignment = route.assignment().map(|assignment| assignment.attributes());
    rule.into_iter().chain(assignment.into_iter().flatten())
}

struct Headers<'a>(&'a Parts);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.headers.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.headers.keys().map(http::HeaderName::as_str).collect()
    }
}
