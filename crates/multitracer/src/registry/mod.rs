//! Registries: the tracers, routes and experiments of one configuration, built, looked up, reloaded and
//! shut down together.

mod build;
mod builder;
mod changes;
mod draining;
mod error;
mod init;
mod lifecycle;
mod lookup;
mod reload;
mod route;
mod rows;
mod runtime_control;
mod snapshot;
mod spec;
mod tracer_builder;
#[cfg(feature = "watch")]
mod watch;

use std::fmt;
use std::path::Path;
#[cfg(feature = "tracing")]
use std::sync::Weak;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};
use once_cell::sync::OnceCell;

pub use self::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
pub use self::changes::ReloadChanges;
pub use self::error::{BuildError, ReloadError, SwitchError};
pub use self::init::{TracingGuard, init, install};
pub use self::tracer_builder::TracerBuilder;
#[cfg(feature = "watch")]
pub use self::watch::{WatchBuilder, WatchGuard};

#[cfg(feature = "probe")]
pub(crate) use self::tracer_builder::resource;

use self::draining::Draining;
use self::snapshot::Snapshot;
use self::spec::FileOrigin;
use crate::config::Config;
use crate::export::ExportRuntime;
use crate::tracer::TracerSet;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The tracers, routes and experiments of one configuration.
///
/// A registry is a value: cheap to clone (clones are the same registry), free of globals, and as many
/// may exist as a process or its tests need. One may be [installed](crate::install) as the process's
/// own.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
///
/// let spans = InMemoryExporter::new();
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("production").in_memory(&spans))
///     .tracer(TracerBuilder::new("canary").in_memory(&spans))
///     .default_tracer("production")
///     .build()?;
///
/// let canary = registry.tracer("canary")?;
/// canary.scope(|| assert_eq!(multitracer::current_tracer().unwrap().name(), "canary"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    id: u64,
    set: TracerSet,
    snapshot: ArcSwap<Snapshot>,
    draining: Draining,
    /// Locked by whoever changes the snapshot.
    changing: Mutex<Changing>,
    /// Started by the first tracer that exports.
    runtime: OnceCell<ExportRuntime>,
}

struct Changing {
    /// The file that a reload reads.
    origin: Option<FileOrigin>,
    /// `true` after the registry was shut down.
    ended: bool,
}

impl Inner {
    fn new(
        id: u64,
        snapshot: Snapshot,
        runtime: OnceCell<ExportRuntime>,
        origin: Option<FileOrigin>,
    ) -> Self {
        Self {
            id,
            set: TracerSet::new(Arc::clone(&snapshot.roster)),
            snapshot: ArcSwap::from_pointee(snapshot),
            draining: Draining::default(),
            changing: Mutex::new(Changing { origin, ended: false }),
            runtime,
        }
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forbids to build or switch on anything from now on.
    fn end(&self) {
        self.changing().ended = true;
    }
}

/// A registry that may be gone.
#[cfg(feature = "tracing")]
pub(crate) struct WeakRegistry(Weak<Inner>);

#[cfg(feature = "tracing")]
impl WeakRegistry {
    pub(crate) fn upgrade(&self) -> Option<Registry> {
        self.0.upgrade().map(|inner| Registry { inner })
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Registry {
    /// Builds the registry that the YAML file at `path` describes, with `${VAR}` from the process's
    /// environment.
    ///
    /// ```no_run
    /// let registry = multitracer::Registry::from_path("config.yaml")?;
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the file cannot be read, when anything in it is wrong (the error lists every problem with
    /// its place), or when an exporter cannot be set up.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, BuildError> {
        Self::from_config(Config::from_path(path)?)
    }

    /// Builds the registry that `yaml` describes, with `${VAR}` from the process's environment.
    ///
    /// ```
    /// use multitracer::Registry;
    ///
    /// let registry = Registry::from_yaml("
    /// tracers:
    ///   production: {project: myapp-production, exporter: {console: {}}}
    /// ")?;
    /// assert_eq!(registry.default_tracer().project(), "myapp-production");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_path`](Self::from_path).
    pub fn from_yaml(yaml: &str) -> Result<Self, BuildError> {
        Self::from_config(Config::from_yaml(yaml)?)
    }

    /// Builds the registry that `config` describes.
    ///
    /// # Errors
    ///
    /// When an exporter cannot be set up.
    pub fn from_config(config: Config) -> Result<Self, BuildError> {
        RegistryBuilder::from_config(config).build()
    }

    /// Starts a registry in code.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::new()
    }

    pub(crate) fn set(&self) -> &TracerSet {
        &self.inner.set
    }

    fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.inner.snapshot.load()
    }

    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn downgrade(&self) -> WeakRegistry {
        WeakRegistry(Arc::downgrade(&self.inner))
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("tracers", self.set()).finish_non_exhaustive()
    }
}
