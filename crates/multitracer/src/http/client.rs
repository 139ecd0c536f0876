//! The layer of a client.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use opentelemetry::Context;
use tower_layer::Layer;
use tower_service::Service;

use super::body::TracedBody;
use super::future::ResponseFuture;
use super::semantics::Semantics;
use super::server::SpanOpened;
use super::span::RequestSpan;
use crate::propagation::inject;
use crate::registry::Registry;
use crate::tracer::{Frame, NewSpan, Parent, Started, any_tracer_enabled};

/// A tower layer for HTTP and gRPC clients (hyper, tonic): a span of kind client per request, on the tracer that is ambient where the request is
/// made, and the headers of [`inject`](crate::propagation::inject).
///
/// Fields of those names that the request has are replaced: a request that is passed on keeps nothing of what its own caller said.
///
/// The span ends with the response's body. An HTTP status of 400 or more, and any gRPC status but `OK`, is a failure.
/// The caller's context has to be current when the service is called: put the layer outside of `tower::buffer`, whose
/// worker calls the rest elsewhere.
///
/// ```
/// use tower_layer::Layer as _;
///
/// # fn channel<S>(channel: S) -> impl Sized {
/// // a generated client takes it: `GreeterClient::new(..)`
/// multitracer::http::HttpClientLayer::new().layer(channel)
/// # }
/// ```
///
/// reqwest has no such layer; there, [`outgoing_headers`](crate::propagation::outgoing_headers) are what a request is given.
#[derive(Clone, Debug, Default)]
pub struct HttpClientLayer {
    without_spans: bool,
}

impl HttpClientLayer {
    /// One that opens a span per request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that opens no span: the current one is sent as the parent. For clients that have spans of their own.
    #[must_use]
    pub fn without_spans() -> Self {
        Self { without_spans: true }
    }
}

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClientService<S>;

    fn layer(&self, inner: S) -> HttpClientService<S> {
        HttpClientService { inner, layer: self.clone() }
    }
}

/// A client whose requests carry the context of their caller; see [`HttpClientLayer`].
#[derive(Clone, Debug)]
pub struct HttpClientService<S> {
    inner: S,
    layer: HttpClientLayer,
}

impl<S, B, R> Service<Request<B>> for HttpClientService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut TaskContext<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        // another service's request, though it be in this process
        parts.extensions.remove::<SpanOpened>();
        let span = open_span(&parts, self.layer.without_spans);
        let inner = {
            let _attached = span.attach();
            replace_context_headers(&mut parts.headers);
            self.inner.call(Request::from_parts(parts, body))
        };
        ResponseFuture::new(inner, span)
    }
}

/// A request that is sent on keeps nothing of what its own caller said.
fn replace_context_headers(headers: &mut HeaderMap) {
    for name in ["traceparent", "tracestate", "baggage"] {
        headers.remove(name);
    }
    inject(headers);
}

fn open_span(request: &Parts, without_spans: bool) -> RequestSpan {
    let cx = Context::current();
    if without_spans || !any_tracer_enabled() {
        return RequestSpan::new(cx, None);
    }
    let ambient = match Frame::of(&cx) {
        Some(frame) => {
            let core = frame.registry().in_force(&cx, Arc::clone(frame.tracer()));
            core.map(|core| (frame.registry().clone(), core))
        }
        None => Registry::installed().map(|registry| (registry.clone(), registry.ambient_in(&cx))),
    };
    let Some((registry, core)) = ambient.filter(|(_, core)| core.is_on()) else {
        return RequestSpan::new(cx, None);
    };
    let semantics = Semantics::of_client(request);
    let new = NewSpan {
        name: semantics.name(request, None),
        kind: semantics.kind(),
        parent: Parent::Nearest,
        links: Vec::new(),
        attributes: semantics.request_attributes(request, None),
    };
    match core.start(&registry, &cx, new, || []) {
        Started::Unsampled => RequestSpan::new(cx, None),
        Started::Opened { cx, recording } => RequestSpan::new(cx, recording.then_some(semantics)),
    }
}
