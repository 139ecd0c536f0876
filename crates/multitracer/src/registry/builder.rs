//! A registry made in code.

use http::HeaderName;
use regex::bytes::Regex;

use super::Registry;
use super::build::build;
use super::error::BuildError;
use super::tracer_builder::TracerBuilder;
use crate::config::model::{
    BaggageConfig, ConfigModel, ExperimentConfig, HeaderMatch, RouteConfig, RouteTarget, ValueMatch,
    VariantConfig,
};
use crate::config::{Config, OnSwitch, Origin, RemoteParent, UnknownTracerPolicy};

/// Makes a [`Registry`] in code, or from a [`Config`] and code.
///
/// What it makes is checked as a file is, and the same as what a file makes.
#[must_use = "a builder does nothing until `build` is called"]
#[derive(Debug)]
pub struct RegistryBuilder {
    pub(super) model: ConfigModel,
    pub(super) tracers: Vec<TracerBuilder>,
    pub(super) origin: Option<Origin>,
    /// Whether code has changed what the file at `origin` says.
    pub(super) altered: bool,
}

impl RegistryBuilder {
    pub(super) fn new() -> Self {
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
        Self { model, tracers: Vec::new(), origin: None, altered: false }
    }

    /// Starts from what a file says. Its [warnings](Config::warnings) are logged, but for tracers that only code may use.
    pub fn from_config(config: Config) -> Self {
        for warning in config.diagnostics().iter().filter(|warning| warning.code() != Some("unused_tracer")) {
            tracing::warn!(target: "multitracer", "{}", warning.render(config.source_name(), false));
        }
        let (mut model, origin) = config.into_parts();
        let tracers = model.tracers.drain(..).map(TracerBuilder::from_config).collect();
        Self { model, tracers, origin, altered: false }
    }

    /// Adds a tracer, in place of one of the same name.
    pub fn tracer(mut self, tracer: TracerBuilder) -> Self {
        self.altered = true;
        match self.tracers.iter_mut().find(|other| other.name() == tracer.name()) {
            Some(other) => *other = tracer,
            None => self.tracers.push(tracer),
        }
        self
    }

    /// Changes every tracer added so far, say to keep a file's tracers in memory during a test:
    ///
    /// ```
    /// # use multitracer::builder::RegistryBuilder;
    /// # use multitracer::config::Config;
    /// # use multitracer::export::InMemoryExporter;
    /// # let config = Config::from_yaml("tracers: {production: {}}").unwrap();
    /// let spans = InMemoryExporter::new();
    /// let registry = RegistryBuilder::from_config(config).map_tracers(|tracer| tracer.in_memory(&spans)).build()?;
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn map_tracers(mut self, change: impl FnMut(TracerBuilder) -> TracerBuilder) -> Self {
        self.altered = true;
        self.tracers = self.tracers.into_iter().map(change).collect();
        self
    }

    /// What unnamed functions use where no tracer is ambient. Default: the only tracer, if there is but one.
    pub fn default_tracer(mut self, name: impl Into<String>) -> Self {
        self.altered = true;
        self.model.default_tracer = name.into();
        self
    }

    /// `enabled`, default `true`. A registry that is off makes no span, starts no thread and opens no socket.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.altered = true;
        self.model.enabled = enabled;
        self
    }

    /// What a name resolves to that no tracer has. Default: the default tracer.
    pub fn unknown_tracer(mut self, policy: UnknownTracerPolicy) -> Self {
        self.altered = true;
        self.model.unknown_tracer = policy;
        self
    }

    /// How a span is parented when a function switches tracers. Default: a new root with a link.
    pub fn on_switch(mut self, on_switch: OnSwitch) -> Self {
        self.altered = true;
        self.model.on_switch = on_switch;
        self
    }

    /// What an incoming remote span is to a request's span.
    pub fn remote_parent(mut self, remote_parent: RemoteParent) -> Self {
        self.altered = true;
        self.model.remote_parent = remote_parent;
        self
    }

    /// Whether inbound baggage is read: the application sees it, and the route that it names is taken. Default `false`: callers can
    /// forge it, so trust it only behind an edge that removes baggage from outside.
    pub fn trusted_baggage(mut self, trusted: bool) -> Self {
        self.model.baggage.trusted = trusted;
        self
    }

    /// Copies the baggage entry `entry` to every span, as `attribute`.
    pub fn baggage_attribute(mut self, entry: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.model.baggage.attributes.push((entry.into(), attribute.into()));
        self
    }

    /// Adds a route, to be tried after those added before.
    pub fn route(mut self, route: RouteBuilder) -> Self {
        self.altered = true;
        self.model.routes.push(route.config);
        self
    }

    /// Adds an experiment.
    pub fn experiment(mut self, experiment: ExperimentBuilder) -> Self {
        self.altered = true;
        self.model.experiments.push(experiment.config);
        self
    }

    /// Checks everything, sets up the exporters and makes the registry.
    ///
    /// Opens no connection: exporters connect at their first export. Where `MULTITRACER_ENABLED=false` or
    /// `OTEL_SDK_DISABLED=true` is set, the registry is off.
    ///
    /// # Errors
    ///
    /// When a name is unknown or used twice, a value is out of range, or an exporter cannot be set up.
    pub fn build(self) -> Result<Registry, BuildError> {
        build(self)
    }
}

impl From<Config> for RegistryBuilder {
    fn from(config: Config) -> Self {
        Self::from_config(config)
    }
}

/// A route made in code: all its conditions must hold.
///
/// ```
/// use multitracer::builder::RouteBuilder;
///
/// let route = RouteBuilder::to_tracer("canary-users", "canary").header("X-Canary-User", "true");
/// ```
#[must_use = "a route does nothing until a registry is built with it"]
#[derive(Clone, Debug)]
pub struct RouteBuilder {
    config: RouteConfig,
}

impl RouteBuilder {
    /// A route to a tracer.
    pub fn to_tracer(name: impl Into<String>, tracer: impl Into<String>) -> Self {
        Self::new(name.into(), RouteTarget::Tracer(tracer.into()))
    }

    /// A route to an experiment, whose unit is taken from the header that the experiment names.
    pub fn to_experiment(name: impl Into<String>, experiment: impl Into<String>) -> Self {
        Self::new(name.into(), RouteTarget::Experiment(experiment.into()))
    }

    fn new(name: String, target: RouteTarget) -> Self {
        Self { config: RouteConfig { name, headers: Vec::new(), target } }
    }

    /// The header's value is exactly this.
    pub fn header(self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Exact(value.into()))
    }

    /// The header's value starts with this.
    pub fn header_prefix(self, name: impl AsRef<str>, prefix: impl Into<String>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Prefix(prefix.into()))
    }

    /// The header's value matches, anywhere in it unless the expression is anchored.
    pub fn header_regex(self, name: impl AsRef<str>, regex: Regex) -> Self {
        self.condition(name.as_ref(), ValueMatch::Regex(regex))
    }

    /// The header is there, whatever its value.
    pub fn header_present(self, name: impl AsRef<str>) -> Self {
        self.condition(name.as_ref(), ValueMatch::Present)
    }

    fn condition(mut self, name: &str, value: ValueMatch) -> Self {
        self.config.headers.push(HeaderMatch { name: name.to_ascii_lowercase(), value });
        self
    }
}

/// An experiment made in code.
///
/// ```
/// use multitracer::builder::ExperimentBuilder;
///
/// let experiment = ExperimentBuilder::new("prompt_tone")
///     .unit_header(http::HeaderName::from_static("x-user-id"))
///     .variant("control", 50, "control")
///     .variant("variant_a", 50, "variant_a");
/// ```
#[must_use = "an experiment does nothing until a registry is built with it"]
#[derive(Clone, Debug)]
pub struct ExperimentBuilder {
    config: ExperimentConfig,
}

impl ExperimentBuilder {
    /// An experiment of that name, which is its salt too.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            config: ExperimentConfig {
                salt: name.clone(),
                name,
                unit_header: None,
                coverage: 1.0,
                variants: Vec::new(),
                fallback: String::new(),
            },
        }
    }

    /// The request header that holds the unit.
    pub fn unit_header(mut self, name: HeaderName) -> Self {
        self.config.unit_header = Some(name.as_str().to_owned());
        self
    }

    /// What is hashed before the unit. Default the experiment's name; the same salt in two experiments splits both alike.
    pub fn salt(mut self, salt: impl Into<String>) -> Self {
        self.config.salt = salt.into();
        self
    }

    /// The share of each variant's units that take part, within 0.0 to 1.0; the others get the fallback. Default 1.0.
    pub fn coverage(mut self, coverage: f64) -> Self {
        self.config.coverage = coverage;
        self
    }

    /// Adds a variant with its weight and the name of its tracer.
    pub fn variant(mut self, name: impl Into<String>, weight: u32, tracer: impl Into<String>) -> Self {
        self.config.variants.push(VariantConfig { name: name.into(), weight, tracer: tracer.into() });
        self
    }

    /// The tracer of requests without a unit and of units outside the coverage. Default the registry's default tracer.
    pub fn fallback(mut self, tracer: impl Into<String>) -> Self {
        self.config.fallback = tracer.into();
        self
    }
}
