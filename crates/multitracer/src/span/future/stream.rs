//! The span of a function that returns a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::deferred::{Deferred, State};
use super::traced::{finish, poll_with};

pin_project! {
    /// A stream in a span. The span starts at the first poll, ends with the stream or its drop, and
    /// is current during every poll.
    #[must_use = "streams do nothing unless polled"]
    pub struct TracedStream<S> {
        // before the stream, so that its drop ends the span first
        state: Option<Box<State>>,
        #[pin]
        inner: S,
    }
}

impl<S: Stream> TracedStream<S> {
    #[inline(always)]
    pub fn new(deferred: Deferred, inner: S) -> Self {
        Self { state: deferred.0, inner }
    }
}

impl<S: Stream> Stream for TracedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let item = poll_with(this.state, || this.inner.poll_next(task));
        if let Poll::Ready(None) = item {
            finish(this.state, |_| {});
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
