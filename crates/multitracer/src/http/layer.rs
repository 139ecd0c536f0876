//! The layer.

use std::fmt;
use std::sync::Arc;

use http::Extensions;
use tower_layer::Layer;

use super::service::HttpService;
use crate::registry::Registry;

/// Finds the pattern that a request matched, such as `/users/{id}`.
pub(super) type FindRoute = dyn Fn(&Extensions) -> Option<String> + Send + Sync;

/// A tower layer that gives each request its tracer and its server span.
///
/// For each request it
/// - asks [`Registry::route`] for the tracer, by the request's headers;
/// - reads the W3C `traceparent` and `tracestate` headers: the caller's span becomes the parent or a link, as
///   `remote_parent` says (by default a parent for the default tracer, a link for every other one);
/// - opens a span of kind server on that tracer, with the attributes of OpenTelemetry's HTTP conventions;
/// - keeps that tracer ambient for everything that the request does, on whatever thread it is polled;
/// - ends the span with the response's body.
///
/// Inbound baggage is not read. Comes from [`Registry::http_layer`].
#[derive(Clone)]
pub struct HttpLayer {
    pub(super) registry: Registry,
    pub(super) find_route: Option<Arc<FindRoute>>,
}

impl Registry {
    /// A tower layer for HTTP servers (axum, hyper, tonic) that gives each request its tracer and its server span.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn service<S>(registry: &Registry, service: S) -> impl Sized {
    /// use tower_layer::Layer as _;
    ///
    /// registry.http_layer().layer(service)
    /// # }
    /// ```
    #[must_use]
    pub fn http_layer(&self) -> HttpLayer {
        HttpLayer { registry: self.clone(), find_route: None }
    }
}

impl HttpLayer {
    /// Says where the pattern stands that a request matched. It is recorded as `http.route`, and names the span.
    ///
    /// With axum: `.with_http_route(|extensions| Some(extensions.get::<MatchedPath>()?.as_str().to_owned()))`, the
    /// layer added by `Router::layer`.
    #[must_use]
    pub fn with_http_route<F>(mut self, find: F) -> Self
    where
        F: Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    {
        self.find_route = Some(Arc::new(find));
        self
    }
}

impl<S> Layer<S> for HttpLayer {
    type Service = HttpService<S>;

    fn layer(&self, inner: S) -> HttpService<S> {
        HttpService { inner, layer: self.clone() }
    }
}

impl fmt::Debug for HttpLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLayer").field("registry", &self.registry).finish_non_exhaustive()
    }
}
