//! The builder of a route.

use regex::bytes::Regex;

use crate::config::model::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};

/// A builder of a route. A request takes the route if it meets all conditions.
///
/// ```
/// use multitracer::builder::RouteBuilder;
/// use multitracer::{Registry, TracerBuilder};
///
/// let route = RouteBuilder::to_tracer("canary-users", "canary")
///     .header("X-Canary-User", "true")
///     .header_prefix("X-Region", "eu-");
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("production").console())
///     .tracer(TracerBuilder::new("canary").console())
///     .default_tracer("production")
///     .route(route)
///     .build()?;
/// let headers = [("x-canary-user", "true"), ("x-region", "eu-west-1")];
/// assert_eq!(registry.route(&headers).name(), Some("canary-users"));
/// assert_eq!(registry.route(&headers[..1]).name(), None);
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[must_use = "a route does nothing until a registry is built with it"]
#[derive(Clone, Debug)]
pub struct RouteBuilder {
    pub(super) config: RouteConfig,
}

impl RouteBuilder {
    /// Starts a route to a tracer.
    ///
    /// ```
    /// use multitracer::builder::RouteBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let route = RouteBuilder::to_tracer("canary-users", "canary").header("x-canary", "true");
    /// let registry = builder.route(route).build()?;
    /// let route = registry.route(&[("x-canary", "true")]);
    /// assert_eq!((route.name(), route.tracer().name()), (Some("canary-users"), "canary"));
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn to_tracer(name: impl Into<String>, tracer: impl Into<String>) -> Self {
        Self::new(name.into(), RouteTarget::Tracer(tracer.into()))
    }

    /// Starts a route to an experiment. The unit comes from the
    /// [header of the experiment](crate::builder::ExperimentBuilder::unit_header).
    pub fn to_experiment(name: impl Into<String>, experiment: impl Into<String>) -> Self {
        Self::new(name.into(), RouteTarget::Experiment(experiment.into()))
    }

    fn new(name: String, target: RouteTarget) -> Self {
        Self { config: RouteConfig { name, headers: Vec::new(), target } }
    }

    /// Requires a header with exactly this value.
    ///
    /// ```
    /// use multitracer::builder::RouteBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let route = RouteBuilder::to_tracer("canary-users", "canary").header("x-plan", "beta");
    /// let registry = builder.route(route).build()?;
    /// assert_eq!(registry.route(&[("x-plan", "beta")]).tracer().name(), "canary");
    /// assert_eq!(registry.route(&[("x-plan", "beta-2")]).tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn header(self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Exact(value.into()))
    }

    /// Requires a header whose value starts with `prefix`.
    ///
    /// ```
    /// use multitracer::builder::RouteBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let route =
    ///     RouteBuilder::to_tracer("canary-users", "canary").header_prefix("x-region", "eu-");
    /// let registry = builder.route(route).build()?;
    /// assert_eq!(registry.route(&[("x-region", "eu-west-1")]).tracer().name(), "canary");
    /// assert_eq!(registry.route(&[("x-region", "us-east-1")]).tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn header_prefix(self, name: impl AsRef<str>, prefix: impl Into<String>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Prefix(prefix.into()))
    }

    /// Requires a header whose value matches `regex`. The expression can match any part of the
    /// value, unless it is anchored.
    ///
    /// ```
    /// use multitracer::builder::RouteBuilder;
    /// use regex::bytes::Regex;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let route = RouteBuilder::to_tracer("canary-users", "canary")
    ///     .header_regex("x-user", Regex::new("^test-[0-9]+$").unwrap());
    /// let registry = builder.route(route).build()?;
    /// assert_eq!(registry.route(&[("x-user", "test-7")]).tracer().name(), "canary");
    /// assert_eq!(registry.route(&[("x-user", "my-test-7")]).tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn header_regex(self, name: impl AsRef<str>, regex: Regex) -> Self {
        self.condition(name.as_ref(), ValueMatch::Regex(regex))
    }

    /// Requires a header with any value.
    ///
    /// ```
    /// use multitracer::builder::RouteBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let route = RouteBuilder::to_tracer("canary-users", "canary").header_present("x-debug");
    /// let registry = builder.route(route).build()?;
    /// assert_eq!(registry.route(&[("x-debug", "any value")]).tracer().name(), "canary");
    /// assert_eq!(registry.route(&[("x-other", "1")]).tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn header_present(self, name: impl AsRef<str>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Present)
    }

    fn condition(mut self, name: &str, value: ValueMatch) -> Self {
        self.config.headers.push(HeaderMatch { name: name.to_ascii_lowercase(), value });
        self
    }
}
