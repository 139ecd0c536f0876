//! The layer for servers, and its options.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, HeaderName};
use tower_layer::Layer;

use super::choose_route::ChooseRoute;
use super::exclusions::Exclusions;
use super::marks::add_service;
use super::options::Options;
use super::service::HttpService;
use crate::registry::Registry;
use crate::routing::Route;

/// A tower layer that gives each request of a server its tracer and its span.
///
/// [`Registry::http_layer`] returns it. For each request, the layer
/// - chooses the tracer from the request's headers, as [`Registry::route`] does, or by the rule
///   that was passed to [`choose_route`](Self::choose_route);
/// - reads the W3C headers `traceparent` and `tracestate`. The configuration key `remote_parent`
///   decides if the caller's span becomes the parent or a link. By default it is a parent for the
///   default tracer and a link for every other tracer;
/// - starts a span of kind server with the attributes of OpenTelemetry's HTTP conventions, or of
///   its RPC conventions for gRPC;
/// - keeps the tracer ambient for the whole request, on every thread that polls it;
/// - ends the span at the end of the response's body. It reads a gRPC status from the trailers.
///
/// The layer reads inbound baggage if `baggage.trusted` is set. If trusted baggage names a route,
/// that route takes precedence over all rules. The caller's span belongs to the same tracer then,
/// and becomes the parent.
///
/// If two layers of one registry are nested, only the outer one has an effect.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # use tower_service::Service as _;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let spans = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("production").in_memory(&spans);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// let app: Router = Router::new()
///     .route("/healthz", get(|| async {}))
///     .route("/users", get(|| async { "Ada, Grace" }))
///     .layer(registry.http_layer().exclude(["/healthz"]));
/// # let mut app = app;
/// # for path in ["/healthz", "/users"] {
/// #     drop(app.call(http::Request::get(path).body(axum::body::Body::empty())?).await?);
/// # }
/// # assert_eq!(spans.spans().len(), 1);
/// # assert_eq!(spans.spans()[0].name, "GET");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpLayer {
    pub(super) options: Arc<Options>,
}

impl Registry {
    /// Returns a tower layer for servers such as axum, hyper and tonic.
    ///
    /// The layer gives each request its tracer and its server span; see
    /// [`HttpLayer`](crate::http::HttpLayer).
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
            reads_baggage: true,
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

    /// Sets the function that returns the path pattern of a request, such as `/users/{id}`.
    ///
    /// The function reads the request's extensions, where a router stores the pattern. The span
    /// records the pattern as `http.route` and has it in its name: `GET /users/{id}`. Without a
    /// pattern, the name is only the method. For axum, use `with_matched_path` of the feature
    /// `axum`.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// /// The pattern that our own router stores.
    /// #[derive(Clone)]
    /// struct Pattern(&'static str);
    ///
    /// registry
    ///     .http_layer()
    ///     .with_http_route(|extensions| Some(extensions.get::<Pattern>()?.0.to_owned()))
    /// # }
    /// ```
    #[must_use]
    pub fn with_http_route<F>(self, find: F) -> Self
    where
        F: Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    {
        self.with(|options| options.find_route = Some(Arc::new(find)))
    }

    /// Uses axum's matched path, such as `/users/{id}`, for `http.route` and for the span's name.
    ///
    /// Add the layer with `Router::layer`, because axum calls such layers after it has matched the
    /// path.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn app(registry: &Registry) -> axum::Router {
    /// use axum::Router;
    /// use axum::routing::get;
    ///
    /// Router::new()
    ///     .route("/users/{id}", get(|| async { "Ada" }))
    ///     .layer(registry.http_layer().with_matched_path())
    /// # }
    /// ```
    #[cfg(feature = "axum")]
    #[must_use]
    pub fn with_matched_path(self) -> Self {
        self.with_http_route(|extensions| {
            Some(extensions.get::<axum::extract::MatchedPath>()?.as_str().to_owned())
        })
    }

    /// Sets the rule that chooses the route, in place of the configured rules on headers.
    ///
    /// The rule sees the whole head of the request. A route that trusted baggage names takes
    /// precedence.
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

    /// Sets a check that can refuse the chosen route.
    ///
    /// If `accept` returns `false`, the request goes to the default tracer, and its span records
    /// the name of the route as `multitracer.route.refused`. The layer calls `accept` for every
    /// route that has a name, also if trusted baggage named it.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # struct Employee;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// // the outer layer that authenticates users adds `Employee`
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

    /// Ignores inbound baggage, even if the configuration trusts it.
    ///
    /// A [`Propagator`](crate::propagation::Propagator) that extracts the headers inside the layer
    /// ignores it too.
    ///
    /// Use it for a public listener in a process that has another listener for internal services.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn layers(registry: &Registry) -> [multitracer::http::HttpLayer; 2] {
    /// let internal = registry.http_layer();
    /// let public = registry.http_layer().without_baggage();
    /// # [internal, public]
    /// # }
    /// ```
    #[must_use]
    pub fn without_baggage(self) -> Self {
        self.with(|options| options.reads_baggage = false)
    }

    /// Excludes paths from tracing.
    ///
    /// Requests to these paths record no spans at all, not even in the functions that they call. A
    /// trailing `*` excludes every path with that prefix.
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

    /// Adds a header with the tracer's name to each response, for tests and support.
    ///
    /// By default there is no such header, because it shows callers how traffic is split.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # fn layer(registry: &Registry) -> multitracer::http::HttpLayer {
    /// registry.http_layer().response_header(http::HeaderName::from_static("x-tracer"))
    /// # }
    /// ```
    #[must_use]
    pub fn response_header(self, name: HeaderName) -> Self {
        self.with(|options| options.response_header = Some(name))
    }
}

impl<S> Layer<S> for HttpLayer {
    type Service = HttpService<S>;

    fn layer(&self, inner: S) -> HttpService<S> {
        add_service();
        HttpService { inner, layer: self.clone() }
    }
}

impl fmt::Debug for HttpLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLayer").field("registry", &self.options.registry).finish_non_exhaustive()
    }
}
