//! The span of a sync function.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::thread;

use opentelemetry::ContextGuard;

use super::attributes::Attributes;
use super::opened::Opened;
use crate::span::result::outcome::{Outcome, RecordResult};

/// Keeps a span current, and ends it when dropped.
#[derive(Debug)]
pub struct Entered {
    /// Emptied by the drop: so there is one check on the way out, not two.
    live: ManuallyDrop<Option<Live>>,
    /// The context must be detached on the thread on which it was attached.
    not_send: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Live {
    opened: Opened,
    attached: Option<ContextGuard>,
    /// Whether a panic was under way already.
    unwinding: bool,
}

impl Entered {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self { live: ManuallyDrop::new(None), not_send: PhantomData }
    }

    pub(super) fn new(opened: Opened) -> Self {
        let attached = Some(opened.cx.clone().attach());
        let live = Live { opened, attached, unwinding: thread::panicking() };
        Self { live: ManuallyDrop::new(Some(live)), not_send: PhantomData }
    }

    /// Runs `f` if the span is recorded.
    #[inline(always)]
    pub fn record(&self, f: impl FnOnce(&mut Attributes<'_>)) {
        if let Some(live) = &*self.live {
            live.opened.record(f);
        }
    }

    /// Runs `f` on the function's result if the span is recorded.
    #[inline(always)]
    pub fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        if let Some(live) = &*self.live {
            live.opened.observe(out, f);
        }
    }

    /// Observes the result, ends the span and gives the result back.
    #[inline(always)]
    pub fn finish<T>(self, out: T, f: impl FnOnce(&T, &mut Outcome)) -> T {
        self.observe(&out, f);
        out
    }
}

impl RecordResult for Entered {
    #[inline(always)]
    fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        Self::observe(self, out, f);
    }
}

impl Drop for Entered {
    #[inline(always)]
    fn drop(&mut self) {
        if self.live.is_some() {
            end(&mut self.live);
        }
    }
}

#[inline(never)]
fn end(live: &mut Option<Live>) {
    let Some(mut live) = live.take() else { return };
    if thread::panicking() && !live.unwinding {
        live.opened.panicked();
    }
    live.attached = None;
    live.opened.end();
}
