//! Look-ups of registries, tracers and experiments.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use opentelemetry::Context;

use super::error::BuildError;
use super::handle::Registry;
use crate::experiment::{Experiment, UnknownExperimentError};
use crate::tracer::{Frame, Tracer, UnknownTracerError, with_current};

static INSTALLED: OnceLock<Registry> = OnceLock::new();

impl Registry {
    /// Returns the registry that was [installed](crate::install) as the process's own.
    #[must_use]
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Returns `true` if this registry is the process's own.
    #[cfg(feature = "tower")]
    pub(crate) fn is_installed(&self) -> bool {
        Self::installed().is_some_and(|installed| installed.ptr_eq(self))
    }

    /// Makes this registry the process's own.
    pub(super) fn set_installed(&self) -> Result<(), BuildError> {
        INSTALLED.set(self.clone()).map_err(|_| BuildError::AlreadyInstalled)?;
        self.set().install();
        Ok(())
    }

    /// Returns the registry of the current OpenTelemetry context, else the
    /// [installed](crate::install) one. A context carries the registry of the tracer or the
    /// [scope](Self::scope) that was entered.
    ///
    /// Functions that look up tracers or experiments themselves should start here. Then tests can
    /// give them another registry.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// assert!(Registry::current().is_none());
    /// registry.scope(|| assert!(Registry::current().unwrap().tracer("canary").is_ok()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn current() -> Option<Self> {
        with_current(|cx| Self::of(cx).map(Cow::into_owned))?
    }

    /// Returns the registry with this identity, while it exists.
    pub(crate) fn with_id(id: u64) -> Option<Cow<'static, Self>> {
        match Self::installed() {
            Some(installed) if installed.inner.id == id => Some(Cow::Borrowed(installed)),
            _ => Self::existing(id).map(Cow::Owned),
        }
    }

    /// Returns the registry that `cx` was entered with, else that of the current span's owner, else
    /// the installed one.
    pub(crate) fn of(cx: &Context) -> Option<Cow<'static, Self>> {
        Tracer::of_registry_of(cx).map(|tracer| tracer.shared_registry())
    }

    /// Returns the registry of `cx` as [`of`](Self::of) does, with `fallback` in place of the
    /// installed one.
    pub(crate) fn of_or<'r>(cx: &Context, fallback: Option<&'r Self>) -> Option<Cow<'r, Self>> {
        match fallback {
            Some(fallback) if Frame::of(cx).is_none() => {
                let owner = Tracer::without_frame(cx, || Some(fallback.default_tracer()))?;
                Some(owner.shared_registry())
            }
            _ => Self::of(cx),
        }
    }

    /// Returns the ambient tracer of `cx`, with the default tracer of `fallback` in place of that
    /// of the installed registry.
    pub(crate) fn ambient_tracer_or(cx: &Context, fallback: Option<&Self>) -> Option<Tracer> {
        match fallback {
            Some(fallback) if Frame::of(cx).is_none() => {
                Tracer::without_frame(cx, || Some(fallback.default_tracer()))
            }
            _ => Tracer::ambient(cx),
        }
    }

    /// Returns the tracer with this name.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let yaml = "tracers: {canary: {project: canary-deployment, exporter: {console: {}}}}";
    /// let registry = Registry::from_yaml(yaml)?;
    /// assert_eq!(registry.tracer("canary")?.project(), "canary-deployment");
    /// assert!(registry.tracer("canry").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the registry has no such tracer. The error lists the existing names.
    pub fn tracer(&self, name: &str) -> Result<Tracer, UnknownTracerError> {
        let roster = self.set().roster();
        match roster.by_name(name) {
            Some(core) => Ok(Tracer::new(Arc::clone(core), self)),
            None => Err(UnknownTracerError::new(name, roster.names())),
        }
    }

    /// Returns the default tracer. Functions without a tracer of their own use it outside any
    /// ambient tracer.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let registry = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production")
    /// #     .build()?;
    /// registry.default_tracer().in_span("work", || {});
    /// assert_eq!(registry.default_tracer().name(), "production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn default_tracer(&self) -> Tracer {
        Tracer::new(Arc::clone(self.set().roster().default_tracer()), self)
    }

    /// Returns every tracer, in the configuration's order.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let registry = Registry::builder()
    /// #     .tracer(TracerBuilder::new("production").in_memory(&spans))
    /// #     .tracer(TracerBuilder::new("canary").in_memory(&spans))
    /// #     .default_tracer("production")
    /// #     .build()?;
    /// let tracers = registry.tracers();
    /// let names: Vec<&str> = tracers.iter().map(|tracer| tracer.name()).collect();
    /// assert_eq!(names, ["production", "canary"]);
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn tracers(&self) -> Vec<Tracer> {
        let roster = self.set().roster();
        roster.tracers().iter().map(|core| Tracer::new(Arc::clone(core), self)).collect()
    }

    /// Returns the experiment with this name.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let registry = Registry::from_yaml("
    /// default_tracer: plain
    /// defaults: {exporter: console}
    /// tracers: {plain: {}, warm: {}}
    /// experiments:
    ///   prompt_tone:
    ///     variants:
    ///       - {name: control, weight: 50, tracer: plain}
    ///       - {name: warm, weight: 50, tracer: warm}
    /// ")?;
    /// let assignment = registry.experiment("prompt_tone")?.assign("user-7");
    /// assert!(["plain", "warm"].contains(&assignment.tracer().name()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the registry has no such experiment. The error lists the existing names.
    pub fn experiment(&self, name: &str) -> Result<Experiment, UnknownExperimentError> {
        self.snapshot().experiment(self, name)
    }

    /// Runs `f` in this registry, even if another registry is installed.
    ///
    /// Inside, unnamed traced functions use this registry's default tracer, and named functions its
    /// tracers.
    ///
    /// ```
    /// use multitracer::export::InMemoryExporter;
    /// use multitracer::{Registry, TracerBuilder, traced};
    ///
    /// #[traced]
    /// fn work() {}
    ///
    /// let spans = InMemoryExporter::new();
    /// let registry =
    ///     Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&spans)).build()?;
    /// registry.scope(work);
    /// assert_eq!(spans.spans()[0].name, "work");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.default_tracer().scope(f)
    }

    /// Returns the number of look-ups with a name that no tracer has.
    #[must_use]
    pub fn unknown_tracer_count(&self) -> u64 {
        self.set().unknown_count()
    }
}
