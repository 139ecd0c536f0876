//! `limits.max_spans_per_trace`: how many spans one trace may start while any of it is open.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::TraceId;

/// Traces are spread over so many locks.
const SHARDS: usize = 8;

/// The open traces of one tracer.
pub(crate) struct SpanLimit {
    most: u32,
    shards: [Mutex<HashMap<TraceId, Spans>>; SHARDS],
}

#[derive(Debug, Default)]
struct Spans {
    started: u32,
    held: u32,
}

/// A span's place in its trace. The trace is forgotten with its last one.
pub(crate) struct SpanPermit {
    cap: Arc<SpanLimit>,
    trace: TraceId,
}

impl SpanLimit {
    pub(crate) fn new(most: u32) -> Self {
        Self { most, shards: Default::default() }
    }

    /// A place for one more span, unless `trace` has had all its spans.
    pub(super) fn enter(self: &Arc<Self>, trace: TraceId) -> Option<SpanPermit> {
        let mut shard = self.shard(trace);
        let spans = shard.entry(trace).or_default();
        // a full trace that is in the table holds a place: the entry is never left behind empty
        if spans.started >= self.most {
            return None;
        }
        spans.started += 1;
        spans.held += 1;
        Some(SpanPermit { cap: Arc::clone(self), trace })
    }

    fn shard(&self, trace: TraceId) -> MutexGuard<'_, HashMap<TraceId, Spans>> {
        let shard = usize::from(trace.to_bytes()[15]) % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SpanPermit {
    fn drop(&mut self) {
        let mut shard = self.cap.shard(self.trace);
        if let Some(spans) = shard.get_mut(&self.trace) {
            spans.held -= 1;
            if spans.held == 0 {
                shard.remove(&self.trace);
            }
        }
    }
}

impl fmt::Debug for SpanLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLimit").field("most", &self.most).finish_non_exhaustive()
    }
}

impl fmt::Debug for SpanPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanPermit").field("trace", &self.trace).finish_non_exhaustive()
    }
}
