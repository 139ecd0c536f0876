//! Names -> tracers: built from one configuration, looked up on every call, shut down together.

mod build;
mod builder;
mod changes;
mod draining;
mod error;
mod init;
mod lifecycle;
mod reload;
mod resolve;
mod routes;
mod runtime_control;
mod snapshot;
mod spec;
mod tracer_builder;
#[cfg(feature = "watch")]
mod watch;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
#[cfg(feature = "tracing")]
use std::sync::Weak;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};
use once_cell::sync::OnceCell;
use opentelemetry::Context;

pub use self::builder::{ExperimentBuilder, RegistryBuilder, RouteBuilder};
pub use self::changes::ReloadChanges;
use self::draining::Draining;
pub use self::error::{BuildError, ReloadError, SwitchError, UnknownExperimentError, UnknownTracerError};
pub use self::init::{TracingGuard, init, install};
pub(crate) use self::snapshot::Snapshot;
use self::spec::FileOrigin;
pub use self::tracer_builder::TracerBuilder;
#[cfg(feature = "probe")]
pub(crate) use self::tracer_builder::resource;
#[cfg(feature = "watch")]
pub use self::watch::{WatchBuilder, WatchGuard};

use crate::config::{Config, UnknownTracerPolicy};
use crate::experiment::Experiment;
use crate::export::ExportRuntime;
use crate::routing::{Explanation, Headers, Route};
use crate::tracer::{Frame, NameId, Tracer, TracerCore};

static INSTALLED: OnceCell<Registry> = OnceCell::new();
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// Unknown names that are remembered as warned about; past this, new ones are counted only.
const MAX_WARNED: usize = 256;

/// The tracers, routes and experiments of one configuration.
///
/// A registry is a value: cheap to clone (clones are the same registry), free of globals, and as many
/// may exist as a process or its tests need. One may be [installed](install) as the process's own.
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
    snapshot: ArcSwap<Snapshot>,
    draining: Draining,
    /// Held by whoever changes the snapshot.
    changing: Mutex<Changing>,
    /// Set once another tracer is the default one than when the registry was built: then a context without a frame may
    /// have a span of an earlier one.
    default_moved: AtomicBool,
    /// Started by the first tracer that exports.
    runtime: OnceCell<ExportRuntime>,
    unknown: AtomicU64,
    warned: Mutex<HashSet<String>>,
}

struct Changing {
    /// Where a reload finds the configuration.
    origin: Option<FileOrigin>,
    /// Whether the registry was shut down.
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
            snapshot: ArcSwap::from_pointee(snapshot),
            draining: Draining::default(),
            changing: Mutex::new(Changing { origin, ended: false }),
            default_moved: AtomicBool::new(false),
            runtime,
            unknown: AtomicU64::new(0),
            warned: Mutex::default(),
        }
    }

    fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is built or switched on after this.
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
    /// # Errors
    ///
    /// When the file cannot be read, when anything in it is wrong (every problem is listed, with its
    /// place), or when an exporter cannot be set up.
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

    /// The registry that was [installed](install) as the process's own, if one was.
    #[must_use]
    pub fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// The registry of this place: the one that the current OpenTelemetry context was entered with, else the
    /// [installed](install) one. What a function wants that asks for tracers or experiments by itself, so that tests can
    /// give it another.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&InMemoryExporter::new())).build()?;
    /// assert!(Registry::current().is_none());
    /// registry.scope(|| assert!(Registry::current().unwrap().tracer("canary").is_ok()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn current() -> Option<Self> {
        Context::map_current(|cx| Self::of(cx).map(Cow::into_owned))
    }

    /// The tracer of that name.
    ///
    /// # Errors
    ///
    /// When the registry has none; the error names those that it has.
    pub fn tracer(&self, name: &str) -> Result<Tracer, UnknownTracerError> {
        let snapshot = self.snapshot();
        match snapshot.by_name(name) {
            Some(core) => Ok(Tracer::new(Arc::clone(core), self.clone())),
            None => Err(UnknownTracerError::new(name, snapshot.names())),
        }
    }

    /// What a function without a tracer of its own uses where no tracer is ambient.
    #[must_use]
    pub fn default_tracer(&self) -> Tracer {
        Tracer::new(Arc::clone(self.snapshot().default_tracer()), self.clone())
    }

    /// Every tracer, in the configuration's order.
    #[must_use]
    pub fn tracers(&self) -> Vec<Tracer> {
        let snapshot = self.snapshot();
        snapshot.tracers().iter().map(|core| Tracer::new(Arc::clone(core), self.clone())).collect()
    }

    /// The tracer for a request with these headers: the first route that matches, top to bottom, else the
    /// default tracer.
    ///
    /// Header names are compared without regard to case, values byte by byte; a header that is repeated
    /// counts as one whose values are joined by `, ` (RFC 9110, section 5.3), so that a smuggled second value does not match
    /// an exact value.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let registry = Registry::from_yaml(r#"
    /// default_tracer: production
    /// defaults: {exporter: {console: {}}}
    /// tracers: {production: {}, canary: {}}
    /// routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
    /// "#)?;
    /// let route = registry.route(&[("x-canary-user", "true")]);
    /// assert_eq!((route.tracer().name(), route.name()), ("canary", Some("canary-users")));
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn route<H: Headers + ?Sized>(&self, headers: &H) -> Route {
        self.snapshot().route(self, headers)
    }

    /// The route of that name, whatever its own conditions are: for a decision that was made elsewhere, by a service in front or
    /// by the application. `headers` are asked for an experiment's unit only.
    #[must_use]
    pub fn route_named<H: Headers + ?Sized>(&self, name: &str, headers: &H) -> Option<Route> {
        self.snapshot().route_named(self, name, headers)
    }

    /// No route at all: the default tracer.
    #[must_use]
    pub fn default_route(&self) -> Route {
        self.snapshot().no_route(self)
    }

    /// As [`route`](Self::route), with what each rule had to say on the way: for people, not for each request.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// let registry = Registry::from_yaml(r#"
    /// default_tracer: production
    /// defaults: {exporter: console}
    /// tracers: {production: {}, canary: {}}
    /// routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
    /// "#)?;
    /// let explanation = registry.explain_route(&[("x-canary-user", "yes")]);
    /// assert_eq!(explanation.rules()[0].to_string(), "canary-users: `x-canary-user` is `yes`, not `true`");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    #[must_use]
    pub fn explain_route<H: Headers + ?Sized>(&self, headers: &H) -> Explanation {
        let snapshot = self.snapshot();
        Explanation::new(snapshot.route(self, headers), &snapshot.model.routes, headers)
    }

    /// The experiment of that name.
    ///
    /// # Errors
    ///
    /// When the registry has none; the error names those that it has.
    pub fn experiment(&self, name: &str) -> Result<Experiment, UnknownExperimentError> {
        self.snapshot().experiment(self, name)
    }

    /// Runs `f` in this registry: unnamed traced functions inside use its default tracer, named ones its
    /// tracers, whatever registry is installed.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.default_tracer().scope(f)
    }

    /// How often a name was asked for that no tracer has.
    #[must_use]
    pub fn unknown_tracer_count(&self) -> u64 {
        self.inner.unknown.load(Ordering::Relaxed)
    }

    pub(crate) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.inner.snapshot.load()
    }

    pub(crate) fn is_installed(&self) -> bool {
        INSTALLED.get().is_some_and(|installed| installed.ptr_eq(self))
    }

    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn downgrade(&self) -> WeakRegistry {
        WeakRegistry(Arc::downgrade(&self.inner))
    }

    /// The registry that `cx` was entered with, else the installed one.
    pub(crate) fn of(cx: &Context) -> Option<Cow<'static, Self>> {
        match Frame::of(cx) {
            Some(frame) => Some(Cow::Owned(frame.registry().clone())),
            None => Self::installed().map(Cow::Borrowed),
        }
    }

    /// The tracer of an interned name, by the rule for unknown names if there is none.
    pub(crate) fn named(&self, id: NameId, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        let snapshot = self.snapshot();
        match snapshot.by_id(id) {
            Some(core) => Some(Arc::clone(core)),
            None => self.unknown(&snapshot, name, place),
        }
    }

    /// The tracer of a name that is only known at run time, by the same rule.
    pub(crate) fn looked_up(&self, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        let snapshot = self.snapshot();
        match snapshot.by_name(name) {
            Some(core) => Some(Arc::clone(core)),
            None => self.unknown(&snapshot, name, place),
        }
    }

    #[cold]
    fn unknown(&self, snapshot: &Snapshot, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        self.inner.unknown.fetch_add(1, Ordering::Relaxed);
        let first = {
            let mut warned = self.inner.warned.lock().unwrap_or_else(PoisonError::into_inner);
            warned.len() < MAX_WARNED && !warned.contains(name) && warned.insert(name.to_owned())
        };
        let (instead, used) = match snapshot.unknown_tracer() {
            UnknownTracerPolicy::Drop => (None, "none"),
            _ => {
                let default = snapshot.default_tracer();
                (Some(Arc::clone(default)), &*default.info.name)
            }
        };
        if first {
            let error = UnknownTracerError::new(name, snapshot.names());
            tracing::warn!(target: "multitracer", used, "{place}: {error}");
        }
        instead
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.snapshot();
        let names: Vec<_> = snapshot.names().collect();
        f.debug_struct("Registry").field("tracers", &names).finish_non_exhaustive()
    }
}
