//! The body of a response, which ends the span.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::span::{RequestSpan, poll_in_span};

pin_project! {
    /// The body of a response that passed an [`HttpLayer`] or an [`HttpClientLayer`].
    ///
    /// It forwards everything to the service's own body. The span of the request ends at the end of
    /// the body, or when the body is dropped. A body that is dropped after its first frame was
    /// requested, and before its end, sets `multitracer.cancelled` on the span.
    ///
    /// ```
    /// use http::Response;
    /// use http_body::Body;
    /// use multitracer::http::TracedBody;
    ///
    /// // a middleware outside of the layer sees this type
    /// fn content_length<B: Body>(response: &Response<TracedBody<B>>) -> Option<u64> {
    ///     response.body().size_hint().exact()
    /// }
    ///
    /// let empty = Response::new(TracedBody::<String>::default());
    /// assert_eq!(content_length(&empty), Some(0));
    /// ```
    ///
    /// [`HttpLayer`]: crate::http::HttpLayer
    /// [`HttpClientLayer`]: crate::http::HttpClientLayer
    pub struct TracedBody<B> {
        // `None` while this value is dropped
        #[pin]
        inner: Option<B>,
        span: Option<RequestSpan>,
        is_read: bool,
        is_polling: bool,
    }

    impl<B> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // an unread body is no cancellation: nobody reads the response to a HEAD request
            let Some(span) = this.span else { return };
            if *this.is_polling {
                span.panicked();
            } else if *this.is_read {
                span.cancelled();
            }
            let _attached = span.attach_for_drop();
            this.inner.set(None);
        }
    }
}

impl<B> TracedBody<B> {
    pub(super) fn new(inner: B, span: Option<RequestSpan>) -> Self {
        Self { inner: Some(inner), span, is_read: false, is_polling: false }
    }
}

impl<B: Body> Body for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        *this.is_read = true;
        let frame = poll_in_span(this.span.as_ref(), this.is_polling, || inner.as_mut().poll_frame(task));
        if let (Poll::Ready(Some(Ok(frame))), Some(span)) = (&frame, this.span.as_ref())
            && let Some(trailers) = frame.trailers_ref()
        {
            span.record_trailers(trailers);
        }
        match &frame {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) if !inner.is_end_stream() => {}
            Poll::Ready(Some(Err(_))) => {
                if let Some(span) = this.span {
                    span.failed::<B::Error>();
                    span.end();
                }
            }
            Poll::Ready(_) => {
                if let Some(span) = this.span {
                    span.end();
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl<B: Default> Default for TracedBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBody").finish_non_exhaustive()
    }
}
