//! Whose a span is, where its context cannot say: it was started in a context without a frame, by another tracer than
//! the one that such a context stands for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::Lazy;
use opentelemetry::trace::{SpanContext, SpanId, TraceId};

use super::core::TracerCore;
use crate::registry::Registry;

/// Such spans are rare, and most processes have none: everybody else pays this one load.
static COUNT: AtomicUsize = AtomicUsize::new(0);

type Owners = HashMap<(TraceId, SpanId), SpanOwner>;

static OWNERS: Lazy<Mutex<Owners>> = Lazy::new(Mutex::default);

/// A tracer with its registry.
#[derive(Clone, Debug)]
pub(crate) struct SpanOwner {
    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "the `tracing` layer wants it"))]
    pub(crate) registry: Registry,
    pub(crate) core: Arc<TracerCore>,
}

/// Remembers whose a span is, until it is dropped.
#[derive(Debug)]
pub(crate) struct OwnedSpan(TraceId, SpanId);

impl OwnedSpan {
    pub(crate) fn new(span: &SpanContext, registry: &Registry, core: &Arc<TracerCore>) -> Self {
        let key = (span.trace_id(), span.span_id());
        let owner = SpanOwner { registry: registry.clone(), core: Arc::clone(core) };
        if owners().insert(key, owner).is_none() {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
        Self(key.0, key.1)
    }
}

impl Drop for OwnedSpan {
    fn drop(&mut self) {
        // the owner may hold the last handle of a registry, which is not to be dropped under the lock
        let owner = owners().remove(&(self.0, self.1));
        if owner.is_some() {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// The owner of `span`, if it is one of these.
pub(crate) fn owner(span: &SpanContext) -> Option<SpanOwner> {
    if COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    owners().get(&(span.trace_id(), span.span_id())).cloned()
}

fn owners() -> MutexGuard<'static, Owners> {
    OWNERS.lock().unwrap_or_else(PoisonError::into_inner)
}
