//! The service for servers.

use std::task::{Context as TaskContext, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::TracedBody;
use super::future::ResponseFuture;
use super::layer::HttpLayer;
use super::server;

/// The service that [`HttpLayer`] returns: a server whose requests each have a tracer and a span.
///
/// ```
/// use multitracer::Registry;
/// use multitracer::http::HttpService;
/// use tower_layer::Layer as _;
///
/// fn traced<S>(registry: &Registry, service: S) -> HttpService<S> {
///     registry.http_layer().layer(service)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct HttpService<S> {
    pub(super) inner: S,
    pub(super) layer: HttpLayer,
}

impl<S, B, R> Service<Request<B>> for HttpService<S>
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
        let options = &self.layer.options;
        let span = if options.decides_by_head() {
            let (mut parts, body) = request.into_parts();
            let span = server::open_chosen_span(options, &mut parts);
            request = Request::from_parts(parts, body);
            span
        } else {
            server::open_span(options, &mut request)
        };
        let inner = {
            let _attached = span.attach();
            self.inner.call(request)
        };
        ResponseFuture::new(inner, span)
    }
}
