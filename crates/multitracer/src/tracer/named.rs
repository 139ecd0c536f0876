//! The public handle of a tracer.
//!
//! A handle holds its registry, so that a handle alone is enough to enter a registry. This is the
//! one arrow of this room that points up.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::core::TracerCore;
use super::owner::builds::BuildNumber;
use super::tracer_set::TracerSet;
use crate::registry::Registry;

/// A tracer of a registry: a project, an environment, a sampler, limits and an export pipeline.
///
/// The handle is cheap to clone. It refers to the tracer by name. After a
/// [reload](Registry::reload) that changes the tracer, new traces follow the new configuration.
/// [`Registry::tracer`], [`Registry::route`] and [`current_tracer`](crate::current_tracer) return
/// the handle.
///
/// ```
/// # use multitracer::Registry;
/// # let yaml = "tracers: {canary: {project: canary-deployment, exporter: {console: {}}}}";
/// let registry = Registry::from_yaml(yaml)?;
/// let canary = registry.tracer("canary")?;
/// assert_eq!((canary.name(), canary.project()), ("canary", "canary-deployment"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tracer {
    core: Arc<TracerCore>,
    /// Borrowed if it is installed, so that threads do not contend on its reference count.
    registry: Cow<'static, Registry>,
}

impl Tracer {
    pub(crate) fn new(core: Arc<TracerCore>, registry: &Registry) -> Self {
        let installed = Registry::installed().filter(|installed| installed.ptr_eq(registry));
        let registry = match installed {
            Some(installed) => Cow::Borrowed(installed),
            None => Cow::Owned(registry.clone()),
        };
        Self { core, registry }
    }

    /// Returns the tracer of the installed registry that `find` picks.
    pub(super) fn installed(find: impl FnOnce(&TracerSet) -> Option<Arc<TracerCore>>) -> Option<Self> {
        let registry = Registry::installed()?;
        Some(Self { core: find(registry.set())?, registry: Cow::Borrowed(registry) })
    }

    /// Returns the tracer of a build, if the build still takes spans.
    pub(super) fn of_build(build: BuildNumber) -> Option<Self> {
        let id = build.tracer()?;
        let registry = Registry::with_id(id.registry)?;
        let core = registry.set().build(id)?;
        Some(Self { core, registry })
    }

    /// Returns another tracer of the same registry.
    pub(crate) fn sibling(&self, core: Arc<TracerCore>) -> Self {
        Self { core, registry: self.registry.clone() }
    }

    /// Returns the tracer's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.info.name
    }

    /// Returns the project of the tracer's spans, as it was when this handle was made.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.core.info.project
    }

    /// Returns the `deployment.environment.name` of the tracer's spans, as it was when this handle
    /// was made.
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.core.info.environment.as_deref()
    }

    /// Returns the registry that the tracer belongs to.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(crate) fn shared_registry(&self) -> Cow<'static, Registry> {
        self.registry.clone()
    }

    pub(crate) fn core(&self) -> &Arc<TracerCore> {
        &self.core
    }

    pub(crate) fn set(&self) -> &TracerSet {
        self.registry.set()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.core.is_on()
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer")
            .field("name", &self.name())
            .field("project", &self.project())
            .field("environment", &self.environment())
            .finish_non_exhaustive()
    }
}
