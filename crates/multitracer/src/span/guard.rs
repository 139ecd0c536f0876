//! The guard of the span of a sync function.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

use opentelemetry::ContextGuard;
use opentelemetry::trace::{SpanRef, TraceContextExt as _};

use super::attributes::Attributes;
use super::opened::Opened;
use super::site::Site;
use crate::span::result::outcome::{Outcome, RecordResult};
use crate::tracer::{PanicWatch, attach};

/// A guard that keeps a span current, and ends it when dropped.
#[derive(Debug)]
pub struct Entered {
    /// `ManuallyDrop`, so that the drop checks only once if there is a span.
    span: ManuallyDrop<Option<CurrentSpan>>,
    /// A context must be detached on the thread that attached it.
    not_send: PhantomData<*const ()>,
}

/// A span that is current on this thread.
#[derive(Debug)]
struct CurrentSpan {
    opened: Opened,
    attached: Option<ContextGuard>,
    panic_watch: PanicWatch,
}

impl Entered {
    #[inline(always)]
    pub(super) fn none() -> Self {
        Self { span: ManuallyDrop::new(None), not_send: PhantomData }
    }

    pub(super) fn new(opened: Opened) -> Self {
        let attached = attach(opened.cx.clone());
        let span = CurrentSpan { opened, attached, panic_watch: PanicWatch::start() };
        Self { span: ManuallyDrop::new(Some(span)), not_send: PhantomData }
    }

    /// Returns the span that this guard keeps current, and its place in the source.
    pub(crate) fn span_and_site(&self) -> Option<(SpanRef<'_>, Site)> {
        let CurrentSpan { opened, .. } = (*self.span).as_ref()?;
        Some((opened.cx.span(), opened.site))
    }

    /// Runs `f` if the span is recorded.
    #[inline(always)]
    pub fn record(&self, f: impl FnOnce(&mut Attributes<'_>)) {
        if let Some(span) = &*self.span {
            span.opened.record(f);
        }
    }

    /// Runs `f` on the function's result if the span is recorded.
    #[inline(always)]
    pub fn observe<T: ?Sized>(&self, out: &T, f: impl FnOnce(&T, &mut Outcome)) {
        if let Some(span) = &*self.span {
            span.opened.observe(out, f);
        }
    }

    /// Runs `f` on the function's result, ends the span and returns the result.
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
        if self.span.is_some() {
            end(&mut self.span);
        }
    }
}

#[inline(never)]
fn end(span: &mut Option<CurrentSpan>) {
    let Some(mut span) = span.take() else { return };
    if span.panic_watch.saw_panic() {
        span.opened.panicked();
    }
    // the context is detached before the span ends
    span.attached = None;
    span.opened.end();
}
