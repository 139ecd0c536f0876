//! The body of a response, with which the span ends.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::span::{RequestSpan, poll_in_span};

pin_project! {
    /// The body of a response; its span ends with it, or with its drop.
    pub struct TracedBody<B> {
        #[pin]
        inner: B,
        // dropped at the end of the body, which ends the span
        span: Option<RequestSpan>,
        is_read: bool,
        is_polling: bool,
    }

    impl<B> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            // one that nobody began to read may have been unwanted: the answer to a HEAD request
            match this.span.take() {
                Some(span) if *this.is_polling => span.panicked(),
                Some(span) if *this.is_read => span.cancelled(),
                _ => {}
            }
        }
    }
}

impl<B> TracedBody<B> {
    pub(super) fn new(inner: B, span: Option<RequestSpan>) -> Self {
        Self { inner, span, is_read: false, is_polling: false }
    }
}

impl<B: Body> Body for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        *this.is_read = true;
        let frame =
            poll_in_span(this.span.as_ref(), this.is_polling, || this.inner.as_mut().poll_frame(task));
        if let (Poll::Ready(Some(Ok(frame))), Some(span)) = (&frame, this.span.as_ref())
            && let Some(trailers) = frame.trailers_ref()
        {
            span.record_trailers(trailers);
        }
        match &frame {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) if !this.inner.is_end_stream() => {}
            Poll::Ready(Some(Err(_))) => {
                if let Some(span) = this.span.take() {
                    span.failed::<B::Error>();
                }
            }
            Poll::Ready(_) => *this.span = None,
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default> Default for TracedBody<B> {
    fn default() -> Self {
        Self { inner: B::default(), span: None, is_read: false, is_polling: false }
    }
}

impl<B> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBody").finish_non_exhaustive()
    }
}
