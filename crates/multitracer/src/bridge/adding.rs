//! The mark of a thread that changes a span, or asks a sampler.

use std::cell::Cell;

thread_local! {
    static IS_ADDING: Cell<bool> = const { Cell::new(false) };
}

/// Returns `true` while this thread changes a span, or asks a sampler.
pub(super) fn is_adding() -> bool {
    IS_ADDING.get()
}

/// Calls `f`, inside of which events are ignored.
pub(super) fn while_adding<R>(f: impl FnOnce() -> R) -> R {
    /// Restores the mark, also after a panic.
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            IS_ADDING.set(self.0);
        }
    }

    let _restore = Restore(IS_ADDING.replace(true));
    f()
}
