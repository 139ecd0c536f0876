//! Rules that choose the route of a request.

use http::request::Parts;

use crate::registry::Registry;
use crate::routing::Route;

/// A rule that chooses the route of a request from its head: method, path, headers and extensions.
///
/// Closures `Fn(&Registry, &http::request::Parts) -> Route` implement it. Pass the rule to
/// [`HttpLayer::choose_route`](super::HttpLayer::choose_route).
///
/// ```
/// use http::request::Parts;
/// use multitracer::Registry;
/// use multitracer::http::ChooseRoute;
/// use multitracer::routing::Route;
///
/// /// Sends requests below a path to one tracer.
/// struct ByPath {
///     prefix: String,
///     tracer: String,
/// }
///
/// impl ChooseRoute for ByPath {
///     fn choose_route(&self, registry: &Registry, request: &Parts) -> Route {
///         match registry.tracer(&self.tracer) {
///             Ok(tracer) if request.uri.path().starts_with(&self.prefix) => tracer.into(),
///             _ => registry.route(&request.headers),
///         }
///     }
/// }
///
/// # let registry = Registry::from_yaml(
/// #     "{default_tracer: a, tracers: {a: {exporter: console}, canary: {exporter: console}}}",
/// # )?;
/// let rule = ByPath { prefix: "/beta/".to_owned(), tracer: "canary".to_owned() };
/// let (beta, _body) = http::Request::get("/beta/cart").body(())?.into_parts();
/// assert_eq!(rule.choose_route(&registry, &beta).tracer().name(), "canary");
/// let _layer = registry.http_layer().choose_route(rule);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ChooseRoute: Send + Sync + 'static {
    /// Returns the route of `request`.
    ///
    /// [`Registry::route`] applies the configured rules to headers, and [`Registry::route_named`]
    /// looks up a route by its name. A [`Tracer`](crate::Tracer) or an
    /// [`Assignment`](crate::experiment::Assignment) becomes a route with `into()`.
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
