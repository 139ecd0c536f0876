//! A table of span owners, for spans whose context cannot tell.
//!
//! A span is in the table if a tracer other than the default one started it in a context without a
//! frame.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use crate::tracer::named::Tracer;

/// The number of entries. Such spans are rare, so most look-ups cost this one load.
static COUNT: AtomicUsize = AtomicUsize::new(0);

type Owners = HashMap<(TraceId, SpanId), Tracer>;

static OWNERS: LazyLock<Mutex<Owners>> = LazyLock::new(Mutex::default);

/// A guard that keeps the entry of one span in the table.
#[derive(Debug)]
pub(crate) struct SpanOwnerGuard(TraceId, SpanId);

impl SpanOwnerGuard {
    /// Adds `span` to the table with its owner.
    pub(crate) fn new(span: &SpanContext, owner: Tracer) -> Self {
        let key = (span.trace_id(), span.span_id());
        if owners().insert(key, owner).is_none() {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
        Self(key.0, key.1)
    }
}

impl Drop for SpanOwnerGuard {
    fn drop(&mut self) {
        // the owner may hold the last handle of a registry, which must not drop under the lock
        let owner = owners().remove(&(self.0, self.1));
        if owner.is_some() {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Returns the owner of `span`, if the table has it.
pub(crate) fn owner(span: &SpanContext) -> Option<Tracer> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    owners().get(&(span.trace_id(), span.span_id())).cloned()
}

fn owners() -> MutexGuard<'static, Owners> {
    OWNERS.lock().unwrap_or_else(PoisonError::into_inner)
}
