//! Which exposures have been recorded.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::sync::Lazy;
use opentelemetry::trace::TraceId;

/// So many are remembered. Traces are short: what is older may be recorded a second time.
const REMEMBERED: usize = 4096;

/// The trace, the experiment, the variant, and the unit's hash.
pub(super) type Exposure = (TraceId, Arc<str>, Option<Arc<str>>, u32);

#[derive(Debug, Default)]
struct Recorded {
    all: HashSet<Exposure>,
    oldest_first: VecDeque<Exposure>,
}

static RECORDED: Lazy<Mutex<Recorded>> = Lazy::new(Mutex::default);

/// Whether this is the first time.
pub(super) fn is_first(exposure: Exposure) -> bool {
    let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    if !recorded.all.insert(exposure.clone()) {
        return false;
    }
    recorded.oldest_first.push_back(exposure);
    if recorded.oldest_first.len() > REMEMBERED
        && let Some(oldest) = recorded.oldest_first.pop_front()
    {
        recorded.all.remove(&oldest);
    }
    true
}
