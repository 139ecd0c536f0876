//! Interned tracer names, so that look-ups go by number instead of by text.

use std::collections::HashMap;
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

#[cfg(feature = "tracing")]
impl NameId {
    /// Returns the name of a number. It searches the table, so it is for rare cases.
    #[cold]
    pub(crate) fn name(self) -> Option<&'static str> {
        let names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(_, id)| **id == self).map(|(name, _)| *name)
    }
}
