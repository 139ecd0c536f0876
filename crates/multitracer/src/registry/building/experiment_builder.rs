//! The builder of an experiment.

use http::HeaderName;

use crate::config::model::{ExperimentConfig, VariantConfig};

/// A builder of an experiment.
///
/// ```
/// use multitracer::builder::ExperimentBuilder;
/// use multitracer::{Registry, TracerBuilder};
///
/// let experiment = ExperimentBuilder::new("prompt_tone")
///     .unit_header(http::HeaderName::from_static("x-user-id"))
///     .variant("control", 50, "plain")
///     .variant("warm", 50, "warm");
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("plain").console())
///     .tracer(TracerBuilder::new("warm").console())
///     .default_tracer("plain")
///     .experiment(experiment)
///     .build()?;
/// assert!(registry.experiment("prompt_tone").is_ok());
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[must_use = "an experiment does nothing until a registry is built with it"]
#[derive(Clone, Debug)]
pub struct ExperimentBuilder {
    pub(super) config: ExperimentConfig,
}

impl ExperimentBuilder {
    /// Starts an experiment with this name. The name is the default salt.
    ///
    /// ```
    /// use multitracer::builder::ExperimentBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let experiment = ExperimentBuilder::new("prompt_tone").variant("warm", 1, "canary");
    /// let registry = builder.experiment(experiment).build()?;
    /// assert_eq!(registry.experiment("prompt_tone")?.assign("user-7").variant(), Some("warm"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// Sets the request header that carries the unit.
    pub fn unit_header(mut self, name: HeaderName) -> Self {
        self.config.unit_header = Some(name.as_str().to_owned());
        self
    }

    /// Sets the salt, which is hashed before the unit. Default: the experiment's name. Experiments
    /// with the same salt split their units alike.
    pub fn salt(mut self, salt: impl Into<String>) -> Self {
        self.config.salt = salt.into();
        self
    }

    /// Sets the share of each variant's units that take part, from 0.0 to 1.0. Default: 1.0. Other
    /// units use the fallback.
    pub fn coverage(mut self, coverage: f64) -> Self {
        self.config.coverage = coverage;
        self
    }

    /// Adds a variant with its weight and the name of its tracer.
    ///
    /// The weights are relative: weights 1 and 3 split the units 25 % to 75 %.
    ///
    /// ```
    /// use multitracer::builder::ExperimentBuilder;
    ///
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let builder = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production");
    /// let experiment = ExperimentBuilder::new("prompt_tone")
    ///     .variant("control", 1, "production")
    ///     .variant("warm", 3, "canary");
    /// let registry = builder.experiment(experiment).build()?;
    /// let assignment = registry.experiment("prompt_tone")?.assign("user-7");
    /// assert!(matches!(assignment.variant(), Some("control" | "warm")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn variant(mut self, name: impl Into<String>, weight: u32, tracer: impl Into<String>) -> Self {
        self.config.variants.push(VariantConfig { name: name.into(), weight, tracer: tracer.into() });
        self
    }

    /// Sets the tracer of requests without a unit, and of units outside the coverage. Default: the
    /// registry's default tracer.
    pub fn fallback(mut self, tracer: impl Into<String>) -> Self {
        self.config.fallback = tracer.into();
        self
    }
}
