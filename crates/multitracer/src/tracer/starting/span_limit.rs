//! The limit `limits.max_spans_per_trace`, counted while a trace has open spans.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::TraceId;

/// The number of locks; each trace uses one of them.
const SHARDS: usize = 8;

/// The open traces of one tracer, with the number of their spans.
pub(crate) struct SpanLimit {
    max_spans: u32,
    shards: [Mutex<HashMap<TraceId, Spans>>; SHARDS],
}

#[derive(Debug, Default)]
struct Spans {
    started: u32,
    permits: u32,
}

/// A permit for one span of a trace. Dropping the last permit removes the trace from the table.
pub(crate) struct SpanPermit {
    limit: Arc<SpanLimit>,
    trace: TraceId,
}

impl SpanLimit {
    pub(crate) fn new(max_spans: u32) -> Self {
        Self { max_spans, shards: Default::default() }
    }

    /// Returns a permit for one more span, or `None` if `trace` has reached the limit.
    pub(in crate::tracer) fn enter(self: &Arc<Self>, trace: TraceId) -> Option<SpanPermit> {
        let mut shard = self.shard(trace);
        let spans = shard.entry(trace).or_default();
        // a full trace holds permits, so this return leaves no empty entry
        if spans.started >= self.max_spans {
            return None;
        }
        spans.started += 1;
        spans.permits += 1;
        Some(SpanPermit { limit: Arc::clone(self), trace })
    }

    fn shard(&self, trace: TraceId) -> MutexGuard<'_, HashMap<TraceId, Spans>> {
        let shard = usize::from(trace.to_bytes()[15]) % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SpanPermit {
    fn drop(&mut self) {
        let mut shard = self.limit.shard(self.trace);
        if let Some(spans) = shard.get_mut(&self.trace) {
            spans.permits -= 1;
            if spans.permits == 0 {
                shard.remove(&self.trace);
            }
        }
    }
}

impl fmt::Debug for SpanLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLimit").field("max_spans", &self.max_spans).finish_non_exhaustive()
    }
}

impl fmt::Debug for SpanPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanPermit").field("trace", &self.trace).finish_non_exhaustive()
    }
}
