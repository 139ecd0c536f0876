//! The traces that a rate decided, which keep their decision after the rate is reset.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use opentelemetry::trace::TraceId;

/// The most traces in memory: about 0.3 MiB.
const MAX_TRACES: usize = 8192;

/// The traces of one tracer that a rate decided.
///
/// The end of a trace is unknown, so no trace is removed. Past [`MAX_TRACES`], the set holds every
/// trace: a whole trace matters more than the choice of a sampler inside it.
#[derive(Debug, Default)]
pub(super) struct RatedTraces {
    /// `true` after the first trace. A tracer without a rate does not take the lock.
    is_used: AtomicBool,
    traces: RwLock<Traces>,
}

#[derive(Debug)]
enum Traces {
    Some(HashSet<TraceId>),
    All,
}

impl Default for Traces {
    fn default() -> Self {
        Self::Some(HashSet::new())
    }
}

impl RatedTraces {
    /// Returns `true` if a rate decided this trace.
    pub(super) fn has(&self, trace: TraceId) -> bool {
        self.is_used.load(Ordering::Acquire)
            && match &*self.traces.read().unwrap_or_else(PoisonError::into_inner) {
                Traces::Some(traces) => traces.contains(&trace),
                Traces::All => true,
            }
    }

    /// Adds a trace that a rate decided.
    pub(super) fn add(&self, trace: TraceId) {
        if self.has(trace) {
            return;
        }
        let mut traces = self.traces.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *traces {
            Traces::Some(some) if some.len() < MAX_TRACES => {
                some.insert(trace);
            }
            _ => *traces = Traces::All,
        }
        self.is_used.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_set_holds_every_trace() {
        let traces = RatedTraces::default();
        let id = |n: usize| TraceId::from(n as u128 + 1);
        for n in 0..MAX_TRACES {
            assert!(!traces.has(id(n)));
            traces.add(id(n));
            traces.add(id(n));
            assert!(traces.has(id(n)));
        }
        assert!(!traces.has(id(MAX_TRACES)));
        traces.add(id(MAX_TRACES));
        assert!(traces.has(id(0)) && traces.has(id(MAX_TRACES + 1)));
    }
}
