//! A cache of recorded exposures. It stops duplicates within a trace.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use opentelemetry::trace::TraceId;

/// The number of exposures in memory. An older exposure may be recorded a second time, which is
/// rare because traces are short.
const CAPACITY: usize = 4096;

/// The fact that a trace showed a variant to a unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Exposure {
    pub(super) trace: TraceId,
    pub(super) experiment: Arc<str>,
    pub(super) variant: Option<Arc<str>>,
    /// The hash of the unit.
    pub(super) unit_hash: u32,
}

#[derive(Debug, Default)]
struct RecentExposures {
    all: HashSet<Exposure>,
    oldest_first: VecDeque<Exposure>,
}

static RECENT: LazyLock<Mutex<RecentExposures>> = LazyLock::new(Mutex::default);

/// Remembers `exposure`. Returns `true` if it was not in memory yet.
pub(super) fn remember(exposure: Exposure) -> bool {
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    if !recent.all.insert(exposure.clone()) {
        return false;
    }
    recent.oldest_first.push_back(exposure);
    if recent.oldest_first.len() > CAPACITY
        && let Some(oldest) = recent.oldest_first.pop_front()
    {
        recent.all.remove(&oldest);
    }
    true
}
