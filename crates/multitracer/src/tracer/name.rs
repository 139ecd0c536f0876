//! Interned tracer names: a look-up by number instead of by text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

/// A tracer's name as a small number, the same in every registry of the process.
///
/// Only names from configurations and from string literals are interned, never names that a request
/// carries, so the table is bounded by the program and its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u32);

static NAMES: Lazy<Mutex<HashMap<&'static str, NameId>>> = Lazy::new(Mutex::default);

impl NameId {
    /// The number of `name`, a new one at first sight.
    pub(crate) fn of(name: &str) -> Self {
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = names.get(name) {
            return *id;
        }
        let id = Self(u32::try_from(names.len()).unwrap_or(u32::MAX));
        names.insert(Box::leak(Box::from(name)), id);
        id
    }

    /// As an index into a registry's table.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Which tracer of which registry; stays the same when a tracer is rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TracerId {
    pub(crate) registry: u64,
    pub(crate) name: NameId,
}

#[cfg(feature = "tracing")]
impl TracerId {
    /// In one number. Registries are counted from one, and no process makes four billion.
    pub(crate) fn to_bits(self) -> i64 {
        ((self.registry << 32) | u64::from(self.name.0)).cast_signed()
    }

    pub(crate) fn from_bits(bits: i64) -> Self {
        let bits = bits.cast_unsigned();
        Self { registry: bits >> 32, name: NameId((bits & u64::from(u32::MAX)) as u32) }
    }
}
