//! The span of an async function.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use pin_project_lite::pin_project;

use super::deferred::{Called, Deferred, State};
use crate::config::model::CaptureConfig;
use crate::span::attributes::Attributes;
use crate::span::opened::Opened;
use crate::span::result::outcome::{Observe, Outcome, Silent, Watching};
use crate::span::site::Site;

pin_project! {
    /// A future in a span: from its first poll to its end or its drop, current during every poll.
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
                // what the future drops may open spans of its own
                state.enter_drop();
            }
        }
    }
}

// few bounds: rustc proves each of them for every traced function
impl<F> Traced<F, Silent> {
    /// Nothing is to be learned from the output.
    #[inline(always)]
    pub fn silent(deferred: Deferred, inner: F) -> Self {
        Self { inner, state: deferred.0, observe: Silent }
    }
}

impl<F, O> Traced<F, O> {
    #[inline(always)]
    pub(in crate::span) fn new(deferred: Deferred, inner: F, observe: O) -> Self {
        Self { inner, state: deferred.0, observe }
    }
}

impl<F, H> Traced<F, Watching<H>>
where
    F: Future,
    H: Fn(&F::Output, &mut Outcome),
{
    /// `watch` looks at the output.
    #[inline(always)]
    pub fn watching(deferred: Deferred, inner: F, watch: H) -> Self {
        Self { inner, state: deferred.0, observe: Watching(watch) }
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
    let result = poll_with(slot, || inner.poll(task));
    if let Poll::Ready(out) = &result {
        finish(slot, |opened| opened.observe(out, |out, outcome| observe.observe(out, outcome)));
    }
    result
}

/// Runs one poll with the span current, opening it at the first.
pub(in crate::span) fn poll_with<R>(slot: &mut Option<Box<State>>, poll: impl FnOnce() -> R) -> R {
    let first = open(slot);
    let Some(State::Opened { opened, polling, .. }) = slot.as_deref_mut() else { return poll() };
    // stays set if the poll panics
    *polling = true;
    let result = {
        let _attached = opened.cx.clone().attach();
        let _fresh = (first && opened.recording).then(|| Fresh::set(opened.site, opened.capture));
        poll()
    };
    *polling = false;
    result
}

/// Ends the span as a success of its own kind, after `last` has looked at it.
pub(in crate::span) fn finish(slot: &mut Option<Box<State>>, last: impl FnOnce(&Opened)) {
    let Some(mut state) = slot.take() else { return };
    if let State::Opened { opened, .. } = &mut *state {
        last(opened);
        opened.end();
        // the span has ended: the state's drop has nothing to say
        opened.recording = false;
    }
}

/// Opens the span if it is not open yet; says whether it was this time.
fn open(slot: &mut Option<Box<State>>) -> bool {
    let Some(State::Called(called)) = slot.as_deref_mut() else { return false };
    match called.take().and_then(Called::open) {
        Some(opened) => {
            if let Some(state) = slot.as_deref_mut() {
                *state = State::Opened { opened, polling: false, dropping: false };
            }
        }
        None => *slot = None,
    }
    true
}

thread_local! {
    /// The span that has just been opened around the body about to run.
    static FRESH: RefCell<Option<(Site, CaptureConfig)>> = const { RefCell::new(None) };
}

/// Takes the mark away if the body did not.
struct Fresh;

impl Fresh {
    fn set(site: Site, capture: CaptureConfig) -> Self {
        FRESH.with(|fresh| *fresh.borrow_mut() = Some((site, capture)));
        Self
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        FRESH.with(|fresh| fresh.borrow_mut().take());
    }
}

#[inline(never)]
pub(in crate::span) fn on_start(site: &Site, record: impl FnOnce(&mut Attributes<'_>)) {
    let capture = FRESH.with(|fresh| match &mut *fresh.borrow_mut() {
        // one that another function left is not this body's
        slot @ Some(_) if slot.as_ref().is_some_and(|(of, _)| of.is_same_function(site)) => slot.take(),
        _ => None,
    });
    if let Some((_, capture)) = capture {
        let mut attributes = Attributes::new(&capture);
        record(&mut attributes);
        let attributes = attributes.into_lists().0;
        Context::map_current(|cx| cx.span().set_attributes(attributes));
    }
}

impl<F, O> fmt::Debug for Traced<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced").finish_non_exhaustive()
    }
}
