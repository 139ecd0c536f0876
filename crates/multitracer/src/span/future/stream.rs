//! The span of a function that returns a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::deferred::{Deferred, State};
use super::traced::{finish_and_keep, poll_with};

pin_project! {
    /// A stream in a span. The span starts at the first poll, ends with the stream or its drop, and
    /// is current during every poll.
    #[must_use = "streams do nothing unless polled"]
    pub struct TracedStream<S> {
        #[pin]
        inner: S,
        // after the stream, so that it is dropped inside its span
        state: Option<Box<State>>,
    }

    impl<S> PinnedDrop for TracedStream<S> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(state) = this.project().state {
                // destructors of the stream's values can open spans
                state.enter_drop();
            }
        }
    }
}

impl<S: Stream> TracedStream<S> {
    #[inline(always)]
    pub fn new(deferred: Deferred, inner: S) -> Self {
        Self { inner, state: deferred.0 }
    }
}

impl<S: Stream> Stream for TracedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let item = poll_with(this.state, task, |task| this.inner.poll_next(task));
        if let Poll::Ready(None) = item {
            finish_and_keep(this.state);
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<S> fmt::Debug for TracedStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedStream").finish_non_exhaustive()
    }
}
