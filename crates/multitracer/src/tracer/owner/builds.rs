//! The numbers of tracer builds, and the builds that exist.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, PoisonError, RwLock};

use super::scramble::ensure_key;
use crate::tracer::choice::interned_name::NameId;

/// The number of one build of one tracer, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct BuildNumber(NonZeroU32);

static LAST: AtomicU32 = AtomicU32::new(0);

static BUILDS: LazyLock<RwLock<HashMap<BuildNumber, TracerId>>> = LazyLock::new(RwLock::default);

impl BuildNumber {
    pub(super) fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// Returns the number of a new build.
    pub(super) fn next() -> Self {
        ensure_key();
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Self(NonZeroU32::new(number).unwrap_or(NonZeroU32::MAX))
    }

    /// Returns the number of a build that never exists.
    #[cfg(feature = "tracing")]
    pub(in crate::tracer) fn nobody() -> Self {
        static NOBODY: LazyLock<BuildNumber> = LazyLock::new(BuildNumber::next);
        *NOBODY
    }

    #[inline]
    pub(super) fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns the identity of this build, while the build exists.
    pub(in crate::tracer) fn tracer(self) -> Option<TracerId> {
        BUILDS.read().unwrap_or_else(PoisonError::into_inner).get(&self).copied()
    }
}

/// Returns the largest number that a build has.
pub(super) fn last_build() -> BuildNumber {
    BuildNumber(NonZeroU32::new(LAST.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN))
}

/// The identity of one build of one tracer of one registry.
///
/// A reload that changes a tracer makes a new build of that name. A trace stays with the build that
/// it began in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TracerId {
    pub(crate) registry: u64,
    pub(crate) name: NameId,
    pub(crate) build: BuildNumber,
}

impl TracerId {
    /// Returns `true` if both are builds of one tracer.
    pub(crate) fn has_name_of(self, other: Self) -> bool {
        (self.registry, self.name) == (other.registry, other.name)
    }
}

/// The entry of one build in the table of builds. Its drop removes the entry.
#[derive(Debug)]
pub(crate) struct BuildEntry(TracerId);

impl BuildEntry {
    /// Adds a new build of the tracer `name` of a registry.
    pub(crate) fn new(registry: u64, name: NameId) -> Self {
        let id = TracerId { registry, name, build: BuildNumber::next() };
        BUILDS.write().unwrap_or_else(PoisonError::into_inner).insert(id.build, id);
        Self(id)
    }

    pub(crate) fn id(&self) -> TracerId {
        self.0
    }
}

impl Drop for BuildEntry {
    fn drop(&mut self) {
        BUILDS.write().unwrap_or_else(PoisonError::into_inner).remove(&self.0.build);
    }
}
