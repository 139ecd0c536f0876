//! Tracers that are on, counted over the whole process.
//!
//! While there are none, a traced function costs one relaxed load of this counter.

use std::sync::atomic::{AtomicUsize, Ordering};

static TRACERS_ON: AtomicUsize = AtomicUsize::new(0);

/// Whether any tracer of any registry is on.
#[inline(always)]
pub(crate) fn any_tracer_enabled() -> bool {
    let on = TRACERS_ON.load(Ordering::Relaxed) != 0;
    if on {
        unlikely();
    }
    on
}

/// Makes the compiler lay the code out for tracing that is off: a branch that is taken costs the few cycles that count only then.
#[cold]
#[inline]
fn unlikely() {}

/// Counts one tracer as on, until it is dropped.
#[derive(Debug)]
pub(crate) struct On(());

impl On {
    pub(crate) fn new() -> Self {
        TRACERS_ON.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for On {
    fn drop(&mut self) {
        TRACERS_ON.fetch_sub(1, Ordering::Relaxed);
    }
}
