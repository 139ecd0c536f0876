//! The future of `SpanBuilder::in_future`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use super::builder::SpanBuilder;
use super::span::ManualSpan;
use crate::tracer::DropContext;

pin_project! {
    /// A future that runs in a span. [`SpanBuilder::in_future`] returns it.
    ///
    /// The span starts at the first poll and ends with the future. If the future is dropped before
    /// its end, the span has the attribute `multitracer.cancelled`. If it panics, the span has
    /// failed.
    ///
    /// ```
    /// use multitracer::manual::{InSpan, SpanBuilder};
    ///
    /// fn load(table: &str) -> InSpan<impl Future<Output = u32>> {
    ///     SpanBuilder::new(format!("load {table}")).in_future(async { 3 })
    /// }
    ///
    /// # #[tokio::main] async fn main() {
    /// let rows = tokio::spawn(load("users")).await.unwrap();
    /// assert_eq!(rows, 3);
    /// # }
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<F> {
        #[pin]
        inner: F,
        // after the future, so that it is dropped inside its span
        dropping: DropContext,
        state: State,
    }

    impl<F> PinnedDrop for InSpan<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.state.enter_drop(this.dropping);
        }
    }
}

enum State {
    NotStarted(Option<Box<SpanBuilder>>),
    Started { span: ManualSpan, is_polling: bool },
    Done,
}

impl<F: Future> InSpan<F> {
    pub(super) fn new(builder: SpanBuilder, inner: F) -> Self {
        Self { inner, dropping: DropContext::default(), state: State::NotStarted(Some(Box::new(builder))) }
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let State::NotStarted(builder) = this.state
            && let Some(mut builder) = builder.take()
        {
            builder.follow_decision(task);
            let span = builder.start();
            *this.state = State::Started { span, is_polling: false };
        }
        let State::Started { span, is_polling } = this.state else { return this.inner.poll(task) };
        // stays `true` if the poll panics
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

impl State {
    /// Makes the span current while the future is dropped; without one, the context of the call.
    fn enter_drop(&mut self, dropping: &mut DropContext) {
        match self {
            Self::NotStarted(builder) => {
                if let Some(builder) = builder.take() {
                    dropping.enter(&builder.into_drop_context());
                }
            }
            Self::Started { span, .. } => dropping.enter(span.context()),
            Self::Done => {}
        }
    }
}

impl Drop for State {
    /// Records a panic or a cancellation if the span has not ended.
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
