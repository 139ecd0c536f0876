//! The handle of a registry, and the state that handles share.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};
use once_cell::sync::OnceCell;

use super::snapshot::Snapshot;
use crate::export::ExportRuntime;
use crate::registry::building::spec::FileOrigin;
use crate::registry::reload::draining::Draining;
use crate::tracer::TracerSet;

/// The number of the next registry.
pub(super) static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The registries that exist, by their identities. The owner of a span is found through them.
static REGISTRIES: Mutex<Vec<(u64, Weak<Inner>)>> = Mutex::new(Vec::new());

/// The tracers, routes and experiments of one configuration.
///
/// A registry is a value that is cheap to clone. Clones are the same registry. It uses no globals,
/// so a process or its tests can have many. One registry can be [installed](crate::install) as the
/// process's own.
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
    pub(super) inner: Arc<Inner>,
}

/// The state that all handles of a registry share.
pub(super) struct Inner {
    pub(super) id: u64,
    pub(super) set: TracerSet,
    pub(super) snapshot: ArcSwap<Snapshot>,
    pub(super) draining: Draining,
    /// Every change of the snapshot holds this lock, also while it sets up exporters of the
    /// application. A shutdown does not wait for it.
    pub(super) changing: Mutex<Changing>,
    /// The export thread. The first tracer that exports starts it.
    pub(super) runtime: OnceCell<ExportRuntime>,
}

/// The state that changes of the snapshot share.
pub(super) struct Changing {
    /// The file that a reload reads.
    pub(super) file_origin: Option<FileOrigin>,
}

impl Inner {
    pub(super) fn new(
        id: u64,
        snapshot: Snapshot,
        runtime: OnceCell<ExportRuntime>,
        file_origin: Option<FileOrigin>,
    ) -> Self {
        Self {
            id,
            set: TracerSet::new(Arc::clone(&snapshot.roster)),
            snapshot: ArcSwap::from_pointee(snapshot),
            draining: Draining::default(),
            changing: Mutex::new(Changing { file_origin }),
            runtime,
        }
    }

    /// Locks the registry for a change of its snapshot.
    pub(super) fn changing(&self) -> MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Returns the handle of a new registry.
    pub(super) fn new(inner: Inner) -> Self {
        let inner = Arc::new(inner);
        let mut registries = registries();
        registries.retain(|(_, registry)| registry.strong_count() > 0);
        registries.push((inner.id, Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Returns the registry with this identity, while it exists.
    pub(super) fn existing(id: u64) -> Option<Self> {
        let registry = registries().iter().find(|(of, _)| *of == id)?.1.clone();
        Some(Self { inner: registry.upgrade()? })
    }

    /// Returns the tracers that spans start in.
    pub(crate) fn set(&self) -> &TracerSet {
        &self.inner.set
    }

    /// Returns the current snapshot.
    pub(super) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.inner.snapshot.load()
    }

    /// Returns `true` if both handles are of the same registry.
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("tracers", self.set()).finish_non_exhaustive()
    }
}

fn registries() -> MutexGuard<'static, Vec<(u64, Weak<Inner>)>> {
    REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}
