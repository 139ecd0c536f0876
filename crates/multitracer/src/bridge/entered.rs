//! The spans of `tracing` that a thread has entered.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::{Context, ContextGuard};
use tracing::span::Id;

use crate::tracer::{Tracer, attach};

/// The identity of a layer. Spans of different subscribers can have the same `Id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerId(u64);

impl LayerId {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

thread_local! {
    /// The entered spans of this thread. The innermost is last.
    static ENTERED: RefCell<Vec<(LayerId, Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

/// Makes the context of a span current, which is the span `id` of a layer.
///
/// If the context has no frame, it gets one with the tracer of the span. With `parent: None` and
/// `set_parent` the context names no tracer.
pub(super) fn enter(layer: LayerId, id: &Id, cx: Context) {
    let cx = Tracer::enter_owner(&cx).unwrap_or(cx);
    if let Some(attached) = attach(cx) {
        // without the list, at the end of a thread, the guard is dropped
        let _ = ENTERED.try_with(|list| list.borrow_mut().push((layer, id.clone(), attached)));
    }
}

/// Ends what [`enter`] began.
pub(super) fn exit(layer: LayerId, id: &Id) {
    let attached = ENTERED.try_with(|list| {
        let mut list = list.borrow_mut();
        let at = list.iter().rposition(|(of, entered, _)| (of, entered) == (&layer, id))?;
        Some(list.remove(at))
    });
    // a context may hold the last handle of a span, which must not drop under the borrow
    drop(attached);
}
