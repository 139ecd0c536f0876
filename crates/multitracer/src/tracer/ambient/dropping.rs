//! The context in which a future drops its values. Their destructors can open spans.

use std::cell::RefCell;

use opentelemetry::{Context, ContextGuard};

use super::current::attach;

thread_local! {
    /// Guards of the contexts in which futures are being dropped, innermost last.
    static DROPPING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

/// A place for the context in which a future drops its values.
///
/// It is a field behind the inner future, so that it is dropped after it. A future must be `Send`,
/// so the field cannot hold the guard itself.
#[derive(Debug, Default)]
pub(crate) struct DropContext {
    is_entered: bool,
}

impl DropContext {
    /// Makes `cx` current until this value is dropped.
    pub(crate) fn enter(&mut self, cx: &Context) {
        // at the end of a thread the context or the list may be gone
        let Some(attached) = attach(cx.clone()) else { return };
        self.is_entered = DROPPING.try_with(|guards| guards.borrow_mut().push(attached)).is_ok();
    }

    /// Makes the context before current again.
    pub(crate) fn leave(&mut self) {
        if std::mem::take(&mut self.is_entered) {
            let attached = DROPPING.try_with(|guards| guards.borrow_mut().pop());
            drop(attached);
        }
    }
}

impl Drop for DropContext {
    fn drop(&mut self) {
        self.leave();
    }
}
