//! Look-ups: the registry of a place, a tracer, an experiment.

use std::borrow::Cow;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use opentelemetry::Context;

use super::error::BuildError;
use super::handle::Registry;
use crate::experiment::{Experiment, UnknownExperimentError};
use crate::tracer::{Frame, Tracer, UnknownTracerError};

static INSTALLED: OnceCell<Registry> = OnceCell::new();

impl Registry {
    /// Returns the registry that was [installed](crate::install) as the process's own.
    #[must_use]
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Makes this registry the process's own.
    pub(super) fn set_installed(&self) -> Result<(), BuildError> {
        INSTALLED.set(self.clone()).map_err(|_| BuildError::AlreadyInstalled)?;
        self.set().install();
        Ok(())
    }

    /// Returns the registry of this place: the one that the current OpenTelemetry context was entered
    /// with, else the [installed](crate::install) one.
    ///
    /// Functions that look up tracers or experiments themselves should start here, so that tests can
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
        Context::map_current(|cx| Self::of(cx).map(Cow::into_owned))
    }

    /// Returns the registry that `cx` was entered with, else the installed one.
    pub(crate) fn of(cx: &Context) -> Option<Cow<'static, Self>> {
        match Frame::of(cx) {
            Some(frame) => Some(frame.tracer().shared_registry()),
            None => Self::installed().map(Cow::Borrowed),
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
    /// When the registry has no such tracer; the error lists the names that exist.
    pub fn tracer(&self, name: &str) -> Result<Tracer, UnknownTracerError> {
        let roster = self.set().roster();
        match roster.by_name(name) {
            Some(core) => Ok(Tracer::new(Arc::clone(core), self)),
            None => Err(UnknownTracerError::new(name, roster.names())),
        }
    }

    /// Returns the default tracer, which functions without a tracer of their own use where no tracer is
    /// ambient.
    #[must_use]
    pub fn default_tracer(&self) -> Tracer {
        Tracer::new(Arc::clone(self.set().roster().default_tracer()), self)
    }

    /// Returns every tracer, in the configuration's order.
    #[must_use]
    pub fn tracers(&self) -> Vec<Tracer> {
        let roster = self.set().roster();
        roster.tracers().iter().map(|core| Tracer::new(Arc::clone(core), self)).collect()
    }

    /// Returns the experiment with this name.
    ///
    /// # Errors
    ///
    /// When the registry has no such experiment; the error lists the names that exist.
    pub fn experiment(&self, name: &str) -> Result<Experiment, UnknownExperimentError> {
        self.snapshot().experiment(self, name)
    }

    /// Runs `f` in this registry: unnamed traced functions inside use its default tracer, named ones its
    /// tracers, whatever registry is installed.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.default_tracer().scope(f)
    }

    /// Returns the number of look-ups of names that no tracer has.
    #[must_use]
    pub fn unknown_tracer_count(&self) -> u64 {
        self.set().unknown_count()
    }
}
