//! The silence of exports: nothing that they do becomes a span or an event of this library.
//!
//! A suppressed `Context` is not enough, because a library can leave it: h2 opens its spans with
//! `parent: None`. Therefore the threads of exports have a mark, which every start of a span and
//! every event asks for.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    /// `true` while this thread works for exports. It has no destructor, so that it can be read
    /// until the thread ends.
    static IS_EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Returns `true` if this thread works for exports. Nothing on it becomes a span or an event.
#[inline]
pub(crate) fn is_export_thread() -> bool {
    IS_EXPORTING.get()
}

/// Marks this thread as one of the exporters', until the thread ends.
pub(super) fn mark_export_thread() {
    IS_EXPORTING.set(true);
}

/// A mark of this thread that is removed when the guard is dropped.
#[derive(Debug)]
pub(crate) struct SilenceGuard {
    was_exporting: bool,
    /// Keeps the guard on its thread.
    _not_send: PhantomData<*const ()>,
}

impl SilenceGuard {
    pub(crate) fn enter() -> Self {
        Self { was_exporting: IS_EXPORTING.replace(true), _not_send: PhantomData }
    }
}

impl Drop for SilenceGuard {
    fn drop(&mut self) {
        IS_EXPORTING.set(self.was_exporting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_nest_and_restore_the_mark() {
        assert!(!is_export_thread());
        let outer = SilenceGuard::enter();
        drop(SilenceGuard::enter());
        assert!(is_export_thread());
        drop(outer);
        assert!(!is_export_thread());
    }
}
