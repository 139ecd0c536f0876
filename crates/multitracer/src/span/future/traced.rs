//! The span of an async function.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use pin_project_lite::pin_project;

use super::deferred::{Deferred, State};
use crate::config::model::CaptureConfig;
use crate::span::attributes::Attributes;
use crate::span::opened::{Opened, Opening};
use crate::span::result::outcome::{ClosureObserver, NoObserver, Observe, Outcome};
use crate::span::site::Site;
use crate::tracer::{DropContext, Quick, attach, is_same_place, set_all_attributes, with_current};

pin_project! {
    /// A future in a span. The span starts at the first poll, ends with the future or its drop, and
    /// is current during every poll.
    #[must_use = "futures do nothing unless polled"]
    pub struct Traced<F, O> {
        #[pin]
        inner: F,
        // after the future, so that it is dropped inside its span
        state: Option<Box<State>>,
        observe: O,
    }

    impl<F, O> PinnedDrop for Traced<F, O> {
        #[inline(always)]
        fn drop(this: Pin<&mut Self>) {
            if let Some(state) = this.project().state {
                // destructors of the future's values can open spans
                state.enter_drop();
            }
        }
    }
}

// few bounds, because rustc proves each bound for every traced function
impl<F> Traced<F, NoObserver> {
    /// Wraps a future whose output is not observed.
    #[inline(always)]
    pub fn unobserved(deferred: Deferred, inner: F) -> Self {
        Self { inner, state: deferred.0, observe: NoObserver }
    }
}

impl<F, O> Traced<F, O> {
    #[inline(always)]
    pub(in crate::span) fn new(deferred: Deferred, inner: F, observe: O) -> Self {
        Self { inner, state: deferred.0, observe }
    }
}

impl<F, H> Traced<F, ClosureObserver<H>>
where
    F: Future,
    H: Fn(&F::Output, &mut Outcome),
{
    /// Wraps a future whose output `observe` sees.
    #[inline(always)]
    pub fn observed(deferred: Deferred, inner: F, observe: H) -> Self {
        Self { inner, state: deferred.0, observe: ClosureObserver(observe) }
    }
}

impl<F, O> Future for Traced<F, O>
where
    F: Future,
    O: Observe<F::Output>,
{
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.state {
            None => this.inner.poll(task),
            state => poll_inside(state, task, this.inner, this.observe),
        }
    }
}

#[inline(never)]
fn poll_inside<F, O>(
    slot: &mut Option<Box<State>>,
    task: &mut TaskContext<'_>,
    inner: Pin<&mut F>,
    observe: &O,
) -> Poll<F::Output>
where
    F: Future,
    O: Observe<F::Output>,
{
    let result = poll_with(slot, task, |task| inner.poll(task));
    if let Poll::Ready(out) = &result {
        finish(slot, |opened| opened.observe(out, |out, outcome| observe.observe(out, outcome)));
    }
    result
}

/// Runs one poll while the span is current, or in the context of the call. The first poll opens the
/// span.
pub(in crate::span) fn poll_with<R>(
    slot: &mut Option<Box<State>>,
    task: &mut TaskContext<'_>,
    poll: impl FnOnce(&mut TaskContext<'_>) -> R,
) -> R {
    if let Some(State::Opened { opened, polling, .. }) = slot.as_deref_mut() {
        // stays set if the poll panics
        *polling = true;
        let attached = attach(opened.cx.clone());
        let result = poll(task);
        drop(attached);
        *polling = false;
        return result;
    }
    first_poll_with(slot, task, poll)
}

/// Runs the first poll, or a poll of a future without a span.
fn first_poll_with<R>(
    slot: &mut Option<Box<State>>,
    task: &mut TaskContext<'_>,
    poll: impl FnOnce(&mut TaskContext<'_>) -> R,
) -> R {
    open(slot, task);
    match slot.as_deref_mut() {
        Some(State::Opened { opened, polling, .. }) => {
            *polling = true;
            let result = {
                let _attached = attach(opened.cx.clone());
                let _just_opened =
                    opened.recording.then(|| JustOpenedGuard::set(opened.site, opened.capture));
                poll(task)
            };
            *polling = false;
            result
        }
        Some(State::Kept { cx, .. }) => poll_in(cx, task, poll),
        _ => poll(task),
    }
}

/// Runs one poll in the context of the call, which is often the current one.
fn poll_in<R>(call: &Context, task: &mut TaskContext<'_>, poll: impl FnOnce(&mut TaskContext<'_>) -> R) -> R {
    let is_current = with_current(|current| is_same_place(call, current)).unwrap_or(true);
    let _attached = if is_current { None } else { attach(call.clone()) };
    poll(task)
}

/// Ends the span of a future or stream that has finished. Calls `last` before the end.
pub(in crate::span) fn finish(slot: &mut Option<Box<State>>, last: impl FnOnce(&Opened)) {
    let Some(mut state) = slot.take() else { return };
    if let State::Opened { opened, .. } = &mut *state {
        last(opened);
        opened.end();
        // keeps the drop of the state from a second end
        opened.recording = false;
    }
}

/// Ends the span of a stream that has finished. Its values still drop in its context.
pub(in crate::span) fn finish_and_keep(slot: &mut Option<Box<State>>) {
    let Some(state) = slot.as_deref_mut() else { return };
    if let State::Opened { opened, .. } = state {
        opened.end();
        opened.recording = false;
        let cx = opened.cx.clone();
        *state = State::Kept { cx, dropping: DropContext::default() };
    }
}

/// Opens the span at the first poll.
fn open(slot: &mut Option<Box<State>>, task: &TaskContext<'_>) {
    let Some(state) = slot.as_deref_mut() else { return };
    let State::Called(slot) = state else { return };
    let Some(called) = slot else { return };
    called.follow_decision(task);
    let opening = match called.open_quickly() {
        Quick::Opened(cx, capture) => {
            Opening::Opened(Opened { site: called.site(), capture, cx, recording: true })
        }
        Quick::Unsampled(cx) => Opening::Opened(Opened::without_span(called.site(), cx)),
        quick => match (quick, slot.take()) {
            (_, None) => return,
            (Quick::Skipped, Some(called)) => Opening::Unchanged(called.into_context()),
            (_, Some(called)) => called.open(),
        },
    };
    *state = match opening {
        Opening::Opened(opened) => State::Opened { opened, polling: false, dropping: DropContext::default() },
        Opening::Unchanged(cx) => State::Kept { cx, dropping: DropContext::default() },
    };
}

thread_local! {
    /// The span that was opened around the body that runs next.
    static JUST_OPENED: RefCell<Option<JustOpened>> = const { RefCell::new(None) };
}

/// A span that was opened around the body that runs next.
struct JustOpened {
    site: Site,
    capture: CaptureConfig,
}

/// A guard that clears the note of an opened span, if the body did not take it.
struct JustOpenedGuard;

impl JustOpenedGuard {
    fn set(site: Site, capture: CaptureConfig) -> Self {
        JUST_OPENED.with(|slot| *slot.borrow_mut() = Some(JustOpened { site, capture }));
        Self
    }
}

impl Drop for JustOpenedGuard {
    fn drop(&mut self) {
        JUST_OPENED.with(|slot| slot.borrow_mut().take());
    }
}

/// Records attributes on the current span, if it was just opened for the function of `site`.
#[inline(never)]
pub(in crate::span) fn on_start(site: &Site, record: impl FnOnce(&mut Attributes<'_>)) {
    // a note for another function stays
    let is_own = |opened: &mut JustOpened| opened.site.is_same_function(site);
    let opened = JUST_OPENED.with(|slot| slot.borrow_mut().take_if(is_own));
    if let Some(JustOpened { capture, .. }) = opened {
        let attributes = Attributes::collect(&capture, record);
        with_current(|cx| set_all_attributes(&cx.span(), attributes));
    }
}

impl<F, O> fmt::Debug for Traced<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
