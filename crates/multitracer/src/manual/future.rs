//! A future in a span made by hand.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use opentelemetry::Context;
use pin_project_lite::pin_project;

use super::builder::SpanBuilder;
use super::span::ManualSpan;

pin_project! {
    /// A future in a span; see [`SpanBuilder::in_future`].
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F> {
        #[pin]
        inner: F,
        // after the future, so that it is dropped before its span ends
        state: State,
    }
}

enum State {
    NotStarted(Option<Box<SpanBuilder>>),
    Started { span: ManualSpan, is_polling: bool },
    Done,
}

impl<F: Future> InSpan<F> {
    pub(super) fn new(builder: SpanBuilder, inner: F) -> Self {
        Self { inner, state: State::NotStarted(Some(Box::new(builder))) }
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let State::NotStarted(builder) = this.state
            && let Some(builder) = builder.take()
        {
            let span = builder.follow_switch(&Context::current()).start();
            *this.state = State::Started { span, is_polling: false };
        }
        let State::Started { span, is_polling } = this.state else { return this.inner.poll(task) };
        // stays set if the poll panics
        *is_polling = true;
        let result = span.in_scope(|| this.inner.poll(task));
        *is_polling = false;
        if result.is_ready() {
            span.end();
            *this.state = State::Done;
        }
        result
    }
}

impl Drop for State {
    /// Dropped with its span open: the future was dropped before it was done, or panicked.
    fn drop(&mut self) {
        match self {
            Self::Started { span, is_polling: true } => span.panicked(),
            Self::Started { span, is_polling: false } => span.cancelled(),
            Self::NotStarted(_) | Self::Done => {}
        }
    }
}

impl<F> fmt::Debug for InSpan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpan").finish_non_exhaustive()
    }
}
