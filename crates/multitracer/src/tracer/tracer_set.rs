//! The tracers of one registry, over all its reloads.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::core::TracerCore;
use super::roster::Roster;
use crate::config::UnknownTracerPolicy;
use crate::tracer::choice::interned_name::NameId;
use crate::tracer::choice::unknown_name::UnknownTracerError;
use crate::tracer::owner::builds::TracerId;

/// The set of the installed registry.
static INSTALLED: OnceLock<TracerSet> = OnceLock::new();

/// The largest number of unknown names that get a warning. Further names are only counted.
const MAX_WARNED: usize = 256;

/// The tracers of one registry: the roster in force, and draining tracers of earlier
/// configurations.
///
/// A registry adds routes, experiments and exports to its set. Spans and contexts need only the
/// set. The set is cheap to clone, and all clones share one state.
#[derive(Clone)]
pub(crate) struct TracerSet(Arc<Inner>);

struct Inner {
    roster: ArcSwap<Roster>,
    /// `true` if spans record baggage entries.
    copies_baggage: AtomicBool,
    draining: DrainingTracers,
    unknown: AtomicU64,
    warned: Mutex<HashSet<String>>,
}

/// The tracers of earlier configurations, which still take the spans of traces that began in them.
#[derive(Default)]
pub(crate) struct DrainingTracers {
    /// The number of tracers, readable without the lock.
    count: AtomicUsize,
    tracers: Mutex<Vec<Arc<TracerCore>>>,
}

impl TracerSet {
    pub(crate) fn new(roster: Arc<Roster>) -> Self {
        Self(Arc::new(Inner {
            copies_baggage: AtomicBool::new(!roster.copied_baggage.is_empty()),
            roster: ArcSwap::new(roster),
            draining: DrainingTracers::default(),
            unknown: AtomicU64::new(0),
            warned: Mutex::default(),
        }))
    }

    /// Returns the set of the installed registry.
    pub(crate) fn installed() -> Option<&'static Self> {
        INSTALLED.get()
    }

    /// Installs this set for the process. The caller installs one set only.
    pub(crate) fn install(&self) {
        INSTALLED.get_or_init(|| self.clone());
    }

    /// Returns the tracers of the configuration in force.
    pub(crate) fn roster(&self) -> Guard<Arc<Roster>> {
        self.0.roster.load()
    }

    /// Replaces the roster. Tracers that are not in the new roster drain.
    pub(crate) fn replace(&self, new: Arc<Roster>) {
        let old = self.0.roster.load_full();
        let is_kept =
            |core: &Arc<TracerCore>| new.by_id(core.id().name).is_some_and(|other| Arc::ptr_eq(core, other));
        // a thread that sees the new roster must find these tracers too
        self.0.draining.add(old.tracers().iter().filter(|core| !is_kept(core)).cloned());
        drop(old);
        self.0.copies_baggage.store(!new.copied_baggage.is_empty(), Ordering::Relaxed);
        self.0.roster.store(new);
    }

    /// Returns `true` if spans record baggage entries.
    pub(crate) fn copies_baggage(&self) -> bool {
        self.0.copies_baggage.load(Ordering::Relaxed)
    }

    pub(crate) fn draining(&self) -> &DrainingTracers {
        &self.0.draining
    }

    /// Returns `true` while tracers of earlier configurations take spans.
    pub(crate) fn has_draining(&self) -> bool {
        self.0.draining.count.load(Ordering::Relaxed) != 0
    }

    /// Returns the identity of the default tracer.
    pub(crate) fn default_id(&self) -> TracerId {
        self.roster().default_tracer().id()
    }

    /// Returns the tracer with this interned name, else the tracer that the rule for unknown names
    /// gives.
    pub(crate) fn by_id(&self, id: NameId, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        let roster = self.roster();
        match roster.by_id(id) {
            Some(core) => Some(Arc::clone(core)),
            None => self.unknown(&roster, name, place),
        }
    }

    /// Returns the tracer with this name, else the tracer that the rule for unknown names gives.
    pub(crate) fn by_name(&self, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        let roster = self.roster();
        match roster.by_name(name) {
            Some(core) => Some(Arc::clone(core)),
            None => self.unknown(&roster, name, place),
        }
    }

    /// Returns the number of look-ups of unknown names.
    pub(crate) fn unknown_count(&self) -> u64 {
        self.0.unknown.load(Ordering::Relaxed)
    }

    /// Counts a look-up of an unknown name, warns once per name, and returns the replacement.
    #[cold]
    fn unknown(&self, roster: &Roster, name: &str, place: &dyn fmt::Display) -> Option<Arc<TracerCore>> {
        self.0.unknown.fetch_add(1, Ordering::Relaxed);
        let is_first = {
            let mut warned = self.0.warned.lock().unwrap_or_else(PoisonError::into_inner);
            warned.len() < MAX_WARNED && !warned.contains(name) && warned.insert(name.to_owned())
        };
        let (replacement, used) = match roster.unknown_tracer {
            UnknownTracerPolicy::Drop => (None, "none"),
            _ => {
                let default = roster.default_tracer();
                (Some(Arc::clone(default)), &*default.info.name)
            }
        };
        if is_first {
            let error = UnknownTracerError::new(name, roster.names());
            tracing::warn!(target: "multitracer", used, "{place}: {error}");
        }
        replacement
    }
}

impl DrainingTracers {
    /// Returns the draining build `id`.
    pub(crate) fn find(&self, id: TracerId) -> Option<Arc<TracerCore>> {
        if self.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.lock().iter().find(|core| core.id() == id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<TracerCore>> {
        self.lock().clone()
    }

    /// Removes the tracers that are done, and returns them. The lock is held meanwhile, so no
    /// look-up finds one of them.
    pub(crate) fn take(&self, is_done: impl FnMut(&mut Arc<TracerCore>) -> bool) -> Vec<Arc<TracerCore>> {
        let mut tracers = self.lock();
        let done = tracers.extract_if(.., is_done).collect();
        self.count.store(tracers.len(), Ordering::Relaxed);
        done
    }

    fn add(&self, cores: impl IntoIterator<Item = Arc<TracerCore>>) {
        let mut tracers = self.lock();
        tracers.extend(cores);
        self.count.store(tracers.len(), Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<TracerCore>>> {
        self.tracers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TracerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roster = self.roster();
        f.debug_list().entries(roster.names()).finish()
    }
}
