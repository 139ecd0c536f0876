//! The layer for clients.

use std::task::{Context as TaskContext, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::TracedBody;
use super::future::ResponseFuture;
use super::head::{DescribingHeaders, Head};
use super::marks::forget_marks;
use super::semantics::Semantics;
use super::span::RequestSpan;
use crate::propagation::inject;
use crate::tracer::{Started, Tracer, any_tracer_enabled, current_context};

/// A tower layer for HTTP and gRPC clients such as hyper and tonic.
///
/// For each request, the layer
/// - starts a span of kind client on the ambient tracer of the caller;
/// - writes the headers that [`inject`](crate::propagation::inject) describes, and removes those
///   that the request has already.
///
/// The span ends at the end of the response's body. An HTTP status of 400 or more and any gRPC
/// status except `OK` mark the span as failed.
///
/// The caller's context must be current when the service is called. Put the layer outside of
/// `tower::buffer`, because the buffer's worker calls the inner service in a task of its own.
///
/// ```
/// use multitracer::http::HttpClientLayer;
/// use tower_layer::Layer as _;
///
/// # fn channel<S>(channel: S) -> impl Sized {
/// // pass the result to a generated client: `GreeterClient::new(channel)`
/// let channel = HttpClientLayer::new().layer(channel);
/// # channel
/// # }
/// # let _ = channel(());
/// ```
///
/// reqwest's client is no tower service. Add [`outgoing_headers`] to its requests instead.
///
/// [`outgoing_headers`]: crate::propagation::outgoing_headers
#[derive(Clone, Debug, Default)]
pub struct HttpClientLayer {
    without_spans: bool,
}

impl HttpClientLayer {
    /// Returns a layer that starts a span for each request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a layer that starts no span and sends the current span as the parent.
    ///
    /// Use it for clients that start spans themselves.
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

/// The service that [`HttpClientLayer`] returns: a client that sends the context of its caller.
///
/// ```
/// use multitracer::http::{HttpClientLayer, HttpClientService};
/// use tower_layer::Layer as _;
///
/// /// A client of another service, over any channel.
/// struct Inventory<C> {
///     channel: HttpClientService<C>,
/// }
///
/// impl<C> Inventory<C> {
///     fn new(channel: C) -> Self {
///         Self { channel: HttpClientLayer::new().layer(channel) }
///     }
/// }
/// # let _ = Inventory::new(()).channel;
/// ```
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // the receiver may be a server in this process, which needs a span of its own
        forget_marks(request.extensions_mut());
        let span = open_span(Head::of(&request), self.layer.without_spans);
        let inner = {
            let _attached = span.attach();
            inject(request.headers_mut());
            self.inner.call(request)
        };
        ResponseFuture::new(inner, span)
    }
}

/// Starts the client span, or returns the current context without a span to record on.
fn open_span(request: Head<'_>, without_spans: bool) -> RequestSpan {
    let cx = current_context();
    if without_spans || !any_tracer_enabled() {
        return RequestSpan::new(cx, None);
    }
    let tracer = Tracer::ambient(&cx).and_then(|tracer| tracer.in_force(&cx));
    let Some(tracer) = tracer.filter(Tracer::is_on) else { return RequestSpan::new(cx, None) };
    let headers = DescribingHeaders::of(request.headers);
    let semantics = Semantics::of_client(&headers);
    let describe = |attributes: &mut _| semantics.describe(request, headers, None, attributes);
    match tracer.start_described(&cx, semantics.kind(), describe) {
        Started::Unsampled => RequestSpan::new(cx, None),
        Started::Opened { cx, recording } => RequestSpan::new(cx, recording.then_some(semantics)),
    }
}
