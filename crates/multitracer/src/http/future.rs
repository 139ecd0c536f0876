//! The future of a response.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::TracedBody;
use super::span::{RequestSpan, poll_in_span};

pin_project! {
    /// The future that a service of [`HttpLayer`] or [`HttpClientLayer`] returns.
    ///
    /// It polls the inner future with the request's span as the current one, and passes the span on
    /// to the response's body. An error, a panic, and a drop before the response are recorded on
    /// the span.
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use multitracer::http::ResponseFuture;
    ///
    /// async fn status<F, B, E>(response: ResponseFuture<F>) -> Result<StatusCode, E>
    /// where
    ///     F: Future<Output = Result<Response<B>, E>>,
    ///     B: http_body::Body,
    /// {
    ///     Ok(response.await?.status())
    /// }
    /// ```
    ///
    /// [`HttpLayer`]: super::HttpLayer
    /// [`HttpClientLayer`]: super::HttpClientLayer
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        // `None` while this value is dropped
        #[pin]
        inner: Option<F>,
        // `None` after the response: its body owns the span
        span: Option<RequestSpan>,
        is_polling: bool,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let Some(span) = this.span else { return };
            if *this.is_polling {
                span.panicked();
            } else {
                span.cancelled();
            }
            let _attached = span.attach_for_drop();
            this.inner.set(None);
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, span: RequestSpan) -> Self {
        Self { inner: Some(inner), span: Some(span), is_polling: false }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TracedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        let result = ready!(poll_in_span(this.span.as_ref(), this.is_polling, || inner.poll(task)));
        let mut span = this.span.take();
        Poll::Ready(match result {
            Ok(mut response) => {
                if let Some(span) = &mut span {
                    span.record_response(&mut response);
                }
                if let Some(span) = span.as_mut().filter(|_| response.body().is_end_stream()) {
                    // an empty body is never polled
                    span.end();
                }
                Ok(response.map(|body| TracedBody::new(body, span)))
            }
            Err(error) => {
                if let Some(mut span) = span {
                    span.failed::<E>();
                }
                Err(error)
            }
        })
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
