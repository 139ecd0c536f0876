//! The layer of a server.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, HeaderName};
use tower_layer::Layer;

use super::exclusions::Exclusions;
use super::service::HttpService;
use crate::registry::Registry;
use crate::routing::Route;

type FindRoute = dyn Fn(&Extensions) -> Option<String> + Send + Sync;
type Accept = dyn Fn(&Parts, &Route) -> bool + Send + Sync;

/// Decides the route of a request from all that its head says: method, path, headers, extensions.
///
/// Implemented for closures `Fn(&Registry, &http::request::Parts) -> Route`; see [`HttpLayer::choose_route`].
pub trait ChooseRoute: Send + Sync + 'static {
    /// The route of `request`. [`Registry::route`] goes by the headers, [`Registry::route_named`] takes one by its name, and a
    /// [`Tracer`](crate::Tracer) or an [`Assignment`](crate::experiment::Assignment) becomes a route with `into()`.
    fn choose_route(&self, registry: &Registry, request: &Parts) -> Route;
}

impl<F> ChooseRoute for F
where
    F: Fn(&Registry, &Parts) -> Route + Send + Sync + 'static,
{
    fn choose_route(&self, registry: &Registry, request: &Parts) -> Route {
        self(registry, request)
    }
}

/// A tower layer that gives each request its tracer and its server span.
///
/// For each request it
/// - asks [`Registry::route`] for the tracer, by the request's headers, or what [`choose_route`](Self::choose_route) says;
/// - reads the W3C `traceparent` and `tracestate` headers: the caller's span becomes the parent or a link, as
///   `remote_parent` says (by default a parent for the default tracer, a link for every other one);
/// - opens a span of kind server on that tracer, with the attributes of OpenTelemetry's HTTP conventions, or of its RPC conventions for gRPC;
/// - keeps that tracer ambient for everything that the request does, on whatever thread it is polled;
/// - ends the span with the response's body; a gRPC status is read from the trailers.
///
/// Of two layers of one registry, one inside the other, the outer one counts.
///
/// Inbound baggage is read where `baggage.trusted` says so. Then a route that it names is taken before any other, and the caller's span, which is of
/// that route's tracer, becomes the parent. Comes from [`Registry::http_layer`].
#[derive(Clone)]
pub struct HttpLayer {
    pub(super) options: Arc<Options>,
}

#[derive(Clone)]
pub(super) struct Options {
    pub(super) registry: Registry,
    pub(super) find_route: Option<Arc<FindRoute>>,
    pub(super) choose: Option<Arc<dyn ChooseRoute>>,
    pub(super) accept: Option<Arc<Accept>>,
    /// Whether inbound baggage is read where the configuration trusts it.
    pub(super) baggage: bool,
    pub(super) exclusions: Exclusions,
    pub(super) response_header: Option<HeaderName>,
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
        let options = Options {
            registry: self.clone(),
            find_route: None,
            choose: None,
            accept: None,
            baggage: true,
            exclusions: Exclusions::default(),
            response_header: None,
        };
        HttpLayer { options: Arc::new(options) }
    }
}

impl HttpLayer {
    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }

    /// Says where the pattern stands that a request matched. It is recorded as `http.route`, and names the span.
    ///
    /// With axum, the feature `axum` has `with_matched_path` for this.
    #[must_use]
    pub fn with_http_route<F>(self, find: F) -> Self
    where
        F: Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    {
        self.with(|options| options.find_route = Some(Arc::new(find)))
    }

    /// Records the pattern that axum matched, such as `/users/{id}`, as `http.route`, and names the span by it. The layer has to be added by
    /// `Router::layer`, which is called after axum has matched.
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn with_matched_path(self) -> Self {
        self.with_http_route(|extensions| {
            Some(extensions.get::<axum::extract::MatchedPath>()?.as_str().to_owned())
        })
    }

    /// Decides the route from the whole head of a request, in place of the configuration's rules on headers. Trusted baggage comes first.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// registry.http_layer().choose_route(|registry: &Registry, request: &http::request::Parts| {
    ///     let beta = request.uri.path().starts_with("/beta/");
    ///     let named = registry.route_named("canary-users", &request.headers).filter(|_| beta);
    ///     named.unwrap_or_else(|| registry.route(&request.headers))
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn choose_route(self, choose: impl ChooseRoute) -> Self {
        self.with(|options| options.choose = Some(Arc::new(choose)))
    }

    /// Asks before a route is taken, whoever chose it: if `accept` says `false`, the request goes to the default tracer, and its span says
    /// `multitracer.route.refused`. Is not asked where no route matched.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # struct Employee;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// // set by what authenticates users, further out
    /// registry.http_layer().accept_route(|request, _route| request.extensions.get::<Employee>().is_some())
    /// # }
    /// ```
    #[must_use]
    pub fn accept_route<F>(self, accept: F) -> Self
    where
        F: Fn(&Parts, &Route) -> bool + Send + Sync + 'static,
    {
        self.with(|options| options.accept = Some(Arc::new(accept)))
    }

    /// Drops inbound baggage here, also where the configuration trusts it: for the listener that can be reached from outside, in a process that has
    /// another for its own services.
    #[must_use]
    pub fn without_baggage(self) -> Self {
        self.with(|options| options.baggage = false)
    }

    /// Leaves out requests to these paths: nothing that they do is traced. One that ends in `*` stands for all that begin so.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// registry.http_layer().exclude(["/healthz", "/grpc.health.v1.Health/*"])
    /// # }
    /// ```
    #[must_use]
    pub fn exclude<I>(self, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.with(|options| {
            for path in paths {
                options.exclusions.add(path.into());
            }
        })
    }

    /// Puts the tracer's name on every response, as this header: for tests, and for support. Default none, since it tells callers how traffic is split.
    #[must_use]
    pub fn response_header(self, name: HeaderName) -> Self {
        self.with(|options| options.response_header = Some(name))
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
        f.debug_struct("HttpLayer").field("registry", &self.options.registry).finish_non_exhaustive()
    }
}
