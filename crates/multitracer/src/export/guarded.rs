//! Code of the application that runs on threads of this library.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the application, such as a waker or a subscriber that receives a log line.
///
/// A panic of this code ends here. Otherwise it would end the work of the thread, such as the
/// exports of a tracer.
pub(crate) fn guarded(code: impl FnOnce()) {
    // the panic hook has reported it
    let _ = catch_unwind(AssertUnwindSafe(code));
}
