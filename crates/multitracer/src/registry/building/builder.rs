//! The builder of a registry.

use super::experiment_builder::ExperimentBuilder;
use super::route_builder::RouteBuilder;
use super::tracer_builder::TracerBuilder;
use crate::config::model::{BaggageConfig, ConfigModel};
use crate::config::{Config, OnSwitch, Origin, RemoteParent, UnknownTracerPolicy};

/// A builder of a [`Registry`](crate::Registry), from code, or from a [`Config`] and code.
///
/// [`build`](Self::build) checks the result by the rules for files.
///
/// ```
/// use multitracer::builder::{ExperimentBuilder, RouteBuilder};
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
///
/// let spans = InMemoryExporter::new();
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("production").in_memory(&spans))
///     .tracer(TracerBuilder::new("canary").in_memory(&spans))
///     .default_tracer("production")
///     .route(RouteBuilder::to_tracer("canary-users", "canary").header("X-Canary-User", "true"))
///     .experiment(
///         ExperimentBuilder::new("prompt_tone")
///             .variant("control", 50, "production")
///             .variant("warm", 50, "canary"),
///     )
///     .build()?;
/// assert_eq!(registry.route(&[("x-canary-user", "true")]).tracer().name(), "canary");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
#[derive(Debug)]
pub struct RegistryBuilder {
    pub(in crate::registry) model: ConfigModel,
    pub(in crate::registry) tracers: Vec<TracerBuilder>,
    /// The file that the configuration came from.
    pub(in crate::registry) file: Option<Origin>,
    /// `true` if code changed the configuration of `file`.
    pub(in crate::registry) is_altered: bool,
}

impl RegistryBuilder {
    pub(in crate::registry) fn new() -> Self {
        let model = ConfigModel {
            enabled: true,
            default_tracer: String::new(),
            unknown_tracer: UnknownTracerPolicy::default(),
            on_switch: OnSwitch::default(),
            remote_parent: RemoteParent::default(),
            baggage: BaggageConfig::default(),
            tracers: Vec::new(),
            routes: Vec::new(),
            experiments: Vec::new(),
        };
        Self { model, tracers: Vec::new(), file: None, is_altered: false }
    }

    /// Starts from a configuration, and logs its [warnings](Config::warnings).
    ///
    /// Unused tracers cause no warning, because code may use them.
    ///
    /// ```
    /// use multitracer::TracerBuilder;
    /// use multitracer::builder::RegistryBuilder;
    /// use multitracer::config::Config;
    ///
    /// let yaml = "{default_tracer: production, tracers: {production: {exporter: console}}}";
    /// let config = Config::from_yaml(yaml)?;
    /// let canary = TracerBuilder::new("canary");
    /// let registry = RegistryBuilder::from_config(config).tracer(canary).build()?;
    /// assert_eq!(registry.tracers().len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_config(config: Config) -> Self {
        for warning in config.warnings().iter().filter(|warning| warning.code() != Some("unused_tracer")) {
            tracing::warn!(target: "multitracer", "{}", warning.render(config.source_name(), false));
        }
        let (mut model, file) = config.into_parts();
        let tracers = model.tracers.drain(..).map(TracerBuilder::from_config).collect();
        Self { model, tracers, file, is_altered: false }
    }

    /// Adds a tracer. It replaces a tracer with the same name.
    pub fn tracer(mut self, tracer: TracerBuilder) -> Self {
        self.is_altered = true;
        match self.tracers.iter_mut().find(|other| other.name() == tracer.name()) {
            Some(other) => *other = tracer,
            None => self.tracers.push(tracer),
        }
        self
    }

    /// Changes every tracer that was added before. For example, a test can keep the spans of a
    /// file's tracers in memory:
    ///
    /// ```
    /// # use multitracer::builder::RegistryBuilder;
    /// # use multitracer::config::Config;
    /// # use multitracer::export::InMemoryExporter;
    /// # let config = Config::from_yaml("tracers: {production: {}}").unwrap();
    /// let spans = InMemoryExporter::new();
    /// let registry = RegistryBuilder::from_config(config)
    ///     .map_tracers(|tracer| tracer.in_memory(&spans))
    ///     .build()?;
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn map_tracers(mut self, change: impl FnMut(TracerBuilder) -> TracerBuilder) -> Self {
        self.is_altered = true;
        self.tracers = self.tracers.into_iter().map(change).collect();
        self
    }

    /// Sets the tracer of unnamed functions outside any ambient tracer. Default: the tracer of the
    /// registry, if it has only one.
    pub fn default_tracer(mut self, name: impl Into<String>) -> Self {
        self.is_altered = true;
        self.model.default_tracer = name.into();
        self
    }

    /// Sets `enabled`. Default: `true`. A disabled registry makes no span, starts no thread and
    /// opens no socket.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.is_altered = true;
        self.model.enabled = enabled;
        self
    }

    /// Sets the policy for names that no tracer has. Default: such names use the default tracer.
    pub fn unknown_tracer(mut self, policy: UnknownTracerPolicy) -> Self {
        self.is_altered = true;
        self.model.unknown_tracer = policy;
        self
    }

    /// Sets the parent of a span whose function switches tracers. Default: a new root with a link.
    pub fn on_switch(mut self, on_switch: OnSwitch) -> Self {
        self.is_altered = true;
        self.model.on_switch = on_switch;
        self
    }

    /// Sets the relation of a request's span to the remote span in its headers.
    pub fn remote_parent(mut self, remote_parent: RemoteParent) -> Self {
        self.is_altered = true;
        self.model.remote_parent = remote_parent;
        self
    }

    /// Reads inbound baggage if `trusted` is `true`. Default: `false`.
    ///
    /// The application sees trusted baggage, and a request takes the route that its baggage names.
    /// Callers can forge baggage, so trust it only behind an edge that removes baggage from
    /// outside.
    pub fn trusted_baggage(mut self, trusted: bool) -> Self {
        self.is_altered = true;
        self.model.baggage.trusted = trusted;
        self
    }

    /// Copies the baggage entry `entry` to every span, as `attribute`.
    pub fn baggage_attribute(mut self, entry: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.is_altered = true;
        self.model.baggage.attributes.push((entry.into(), attribute.into()));
        self
    }

    /// Adds a route. It applies to requests that no earlier route matches.
    pub fn route(mut self, route: RouteBuilder) -> Self {
        self.is_altered = true;
        self.model.routes.push(route.config);
        self
    }

    /// Adds an experiment.
    pub fn experiment(mut self, experiment: ExperimentBuilder) -> Self {
        self.is_altered = true;
        self.model.experiments.push(experiment.config);
        self
    }
}

impl From<Config> for RegistryBuilder {
    fn from(config: Config) -> Self {
        Self::from_config(config)
    }
}
