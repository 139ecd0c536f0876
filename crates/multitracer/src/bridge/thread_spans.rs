//! The spans of `tracing` that a thread has used last, which it finds without a look-up.
//!
//! Most spans are created, entered, exited and closed by one thread, one after another. A look-up
//! in the subscriber takes several locks, and each of these steps would need one.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::{Context, ContextGuard};
use tracing::span::Id;

use super::span_state::{SharedState, SpanState};
use crate::tracer::attach;

/// The most states that a thread keeps for its next spans.
const MAX_FREE: usize = 8;

/// The identity of a layer. Spans of different subscribers can have the same `Id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerId(u64);

impl LayerId {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A span that this thread has used.
struct Used {
    layer: LayerId,
    id: Id,
    state: SharedState,
}

impl Used {
    fn is(&self, layer: LayerId, id: &Id) -> bool {
        self.layer == layer && self.id == *id
    }
}

/// The spans of one thread.
struct Spans {
    /// The span that was created or exited last.
    last: Option<Used>,
    /// The entered spans, each with the guard of its context. The innermost is last.
    entered: Vec<(Used, ContextGuard)>,
    /// The states of spans that have ended.
    free: Vec<SharedState>,
}

thread_local! {
    static SPANS: RefCell<Spans> =
        const { RefCell::new(Spans { last: None, entered: Vec::new(), free: Vec::new() }) };
}

/// Calls `f` with the spans of this thread, unless the thread ends.
///
/// `f` drops nothing: a context may hold the last handle of a span, whose end runs other code.
#[inline]
fn with_spans<R>(f: impl FnOnce(&mut Spans) -> R) -> Option<R> {
    SPANS.try_with(|spans| f(&mut spans.borrow_mut())).ok()
}

/// Returns the data of a new span, in memory that is used again.
#[inline]
pub(super) fn shared(state: SpanState) -> SharedState {
    let mut free = with_spans(|spans| spans.free.pop()).flatten();
    // the extensions of the span that ended may still hold its state
    if let Some(slot) = free.as_mut().and_then(Arc::get_mut) {
        slot.fill(state);
        return free.unwrap_or_default();
    }
    SharedState::new(state.into())
}

/// Notes the span that this thread uses next, most likely.
#[inline]
pub(super) fn note(layer: LayerId, id: &Id, state: SharedState) {
    let used = Used { layer, id: id.clone(), state };
    let _old = with_spans(|spans| spans.last.replace(used));
}

/// Returns the span that [`note`] noted, if it is the span `id` and has not ended.
#[inline]
pub(super) fn take_noted(layer: LayerId, id: &Id) -> Option<SharedState> {
    let used = with_spans(|spans| spans.last.take_if(|last| last.is(layer, id))).flatten()?;
    // another thread may have ended it, and another span may have its id now
    (!used.state.is_closed()).then_some(used.state)
}

/// Keeps the memory of a span that has ended.
#[inline]
pub(super) fn keep(state: SharedState) {
    let _full = with_spans(|spans| {
        if spans.free.len() < MAX_FREE {
            spans.free.push(state);
            None
        } else {
            Some(state)
        }
    });
}

/// Makes the context of a span current, which is the span `id` of a layer.
#[inline]
pub(super) fn enter(layer: LayerId, id: &Id, state: SharedState, cx: Context) {
    if let Some(attached) = attach(cx) {
        let used = Used { layer, id: id.clone(), state };
        // without the list, at the end of a thread, the guard is dropped
        with_spans(|spans| spans.entered.push((used, attached)));
    }
}

/// Ends what [`enter`] began. Returns the span.
#[inline]
pub(super) fn exit(layer: LayerId, id: &Id) -> Option<SharedState> {
    exit_where(|used| used.is(layer, id))
}

/// Ends what [`enter`] began for another layer, which a reload has replaced.
pub(super) fn exit_replaced(state: &SharedState) {
    exit_where(|used| Arc::ptr_eq(&used.state, state));
}

#[inline]
fn exit_where(is_span: impl Fn(&Used) -> bool) -> Option<SharedState> {
    let (used, attached) = with_spans(|spans| {
        let at = spans.entered.iter().rposition(|(used, _)| is_span(used))?;
        Some(spans.entered.remove(at))
    })
    .flatten()?;
    drop(attached);
    Some(used.state)
}
