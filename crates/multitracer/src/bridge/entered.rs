//! The frame around a span of `tracing` that is entered, if its context has none.
//!
//! tracing-opentelemetry attaches the context that the span was started in. With `parent: None` and
//! `set_parent` this context names no tracer.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::ContextGuard;
use tracing::span::Id;

use crate::tracer::{Tracer, attach, with_current};

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
    /// The spans of this thread that are entered inside a frame of their own. The innermost is
    /// last.
    static ENTERED: RefCell<Vec<(LayerId, Id, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

/// Enters the tracer of the current span, which is the span `id` of a layer.
pub(super) fn enter(layer: LayerId, id: &Id) {
    let Some(entered) = with_current(Tracer::enter_owner).flatten() else { return };
    if let Some(attached) = attach(entered) {
        // without the list, at the end of a thread, the guard is dropped
        let _ = ENTERED.try_with(|list| list.borrow_mut().push((layer, id.clone(), attached)));
    }
}

/// Leaves the tracer that [`enter`] entered.
pub(super) fn exit(layer: LayerId, id: &Id) {
    let attached = ENTERED.try_with(|list| {
        let mut list = list.borrow_mut();
        let at = list.iter().rposition(|(of, entered, _)| (of, entered) == (&layer, id))?;
        Some(list.remove(at))
    });
    // a context may hold the last handle of a span, which must not drop under the borrow
    drop(attached);
}
