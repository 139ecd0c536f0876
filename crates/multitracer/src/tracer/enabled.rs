//! The switch of a tracer, and the count of enabled tracers over the whole process.
//!
//! While no tracer is enabled, a traced function costs one relaxed load of that count.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

static ENABLED_TRACERS: AtomicUsize = AtomicUsize::new(0);

/// Returns `true` if any tracer of any registry is enabled.
#[inline(always)]
pub(crate) fn any_tracer_enabled() -> bool {
    let enabled = ENABLED_TRACERS.load(Ordering::Relaxed) != 0;
    if enabled {
        unlikely();
    }
    enabled
}

/// Tells the compiler to lay out the code for disabled tracing, where a taken branch costs most.
#[cold]
#[inline]
fn unlikely() {}

/// The switch of one tracer.
#[derive(Debug)]
pub(crate) struct EnabledFlag {
    on: AtomicBool,
    count_guard: Mutex<Option<CountGuard>>,
}

impl EnabledFlag {
    pub(crate) fn new(on: bool) -> Self {
        Self { on: AtomicBool::new(on), count_guard: Mutex::new(on.then(CountGuard::new)) }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(crate) fn switch_on(&self) {
        self.count_guard.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(CountGuard::new);
        self.on.store(true, Ordering::Relaxed);
    }

    pub(crate) fn switch_off(&self) {
        self.on.store(false, Ordering::Relaxed);
        self.count_guard.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A guard that counts one tracer as enabled.
#[derive(Debug)]
struct CountGuard(());

impl CountGuard {
    fn new() -> Self {
        ENABLED_TRACERS.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for CountGuard {
    fn drop(&mut self) {
        ENABLED_TRACERS.fetch_sub(1, Ordering::Relaxed);
    }
}
