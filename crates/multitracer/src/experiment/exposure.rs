//! Which exposures have been recorded.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;
use opentelemetry::trace::TraceId;

use super::Assignment;

/// So many are remembered. Traces are short: what is older may be recorded a second time.
const REMEMBERED: usize = 4096;

type Exposure = (TraceId, String, Option<String>, u32);

#[derive(Debug, Default)]
struct Recorded {
    all: HashSet<Exposure>,
    oldest_first: VecDeque<Exposure>,
}

static RECORDED: Lazy<Mutex<Recorded>> = Lazy::new(Mutex::default);

/// Whether this is the first time that `trace` meets this assignment.
pub(super) fn is_first(trace: TraceId, assignment: &Assignment) -> bool {
    let exposure = (
        trace,
        assignment.experiment().to_owned(),
        assignment.variant().map(ToOwned::to_owned),
        assignment.hash(),
    );
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
