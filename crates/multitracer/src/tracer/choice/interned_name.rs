//! Interned tracer names, so that look-ups go by number instead of by text.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// A tracer's name as a small number, the same in every registry of the process.
///
/// Only names from configurations and from string literals are interned, never names that a request
/// carries, so the table is bounded by the program and its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u32);

static NAMES: LazyLock<Mutex<HashMap<&'static str, NameId>>> = LazyLock::new(Mutex::default);

impl NameId {
    /// Returns the number of `name`. The first call for a name assigns its number.
    pub(crate) fn of(name: &str) -> Self {
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = names.get(name) {
            return *id;
        }
        let id = Self(u32::try_from(names.len()).unwrap_or(u32::MAX));
        names.insert(Box::leak(Box::from(name)), id);
        id
    }

    /// Returns the number as an index into a registry's table.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The identity of one build of one tracer of one registry.
///
/// A reload that changes a tracer makes a new build of that name. A trace stays with the build that
/// it began in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TracerId {
    pub(crate) registry: u64,
    pub(crate) name: NameId,
    build: u64,
}

static NEXT_BUILD: AtomicU64 = AtomicU64::new(1);

impl TracerId {
    /// Returns the identity of a new build.
    pub(crate) fn new(registry: u64, name: NameId) -> Self {
        Self { registry, name, build: NEXT_BUILD.fetch_add(1, Ordering::Relaxed) }
    }

    /// Returns `true` if both are builds of one tracer.
    pub(crate) fn has_name_of(self, other: Self) -> bool {
        (self.registry, self.name) == (other.registry, other.name)
    }
}

#[cfg(feature = "tracing")]
impl NameId {
    /// Returns the name of a number. It searches the table, so it is for rare cases.
    #[cold]
    pub(crate) fn name(self) -> Option<&'static str> {
        let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(_, id)| **id == self).map(|(name, _)| *name)
    }
}

#[cfg(feature = "tracing")]
impl TracerId {
    /// Packs the registry and the name into one number. A process makes fewer than 2^32 registries.
    pub(crate) fn to_bits(self) -> i64 {
        ((self.registry << 32) | u64::from(self.name.0)).cast_signed()
    }

    /// Unpacks the registry and the name from `bits`; the build is lost.
    pub(crate) fn from_bits(bits: i64) -> (u64, NameId) {
        let bits = bits.cast_unsigned();
        (bits >> 32, NameId((bits & u64::from(u32::MAX)) as u32))
    }
}
