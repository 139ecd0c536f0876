//! The span of a request, on the server or on the client.

use std::any::type_name;

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, ContextGuard};

use super::semantics::Semantics;
use crate::tracer::{PanicWatch, attach, mark_cancelled, mark_failed, mark_panicked};

/// The span and the context of one request. Its drop ends the span.
#[derive(Debug)]
pub(super) struct RequestSpan {
    cx: Context,
    /// The conventions for the attributes of the span; `None` if no span is recorded.
    recording: Option<Semantics>,
    /// The header to add to the response.
    header: Option<Box<(HeaderName, HeaderValue)>>,
    progress: Progress,
    panic_watch: PanicWatch,
}

/// The progress of a request's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Open,
    /// The outcome is recorded.
    Recorded,
    Ended,
}

impl RequestSpan {
    pub(super) fn new(cx: Context, recording: Option<Semantics>) -> Self {
        let (progress, panic_watch) = (Progress::Open, PanicWatch::start());
        Self { cx, recording, header: None, progress, panic_watch }
    }

    /// Adds a header to the response.
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    #[inline]
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        attach(self.cx.clone())
    }

    /// Makes the context current while the values of the request are dropped. The span is current
    /// in it, also after its end.
    pub(super) fn attach_for_drop(&mut self) -> Option<ContextGuard> {
        // the end of a span that records needs the context again
        let cx = if self.recording.is_some() { self.cx.clone() } else { std::mem::take(&mut self.cx) };
        attach(cx)
    }

    /// Returns `true` after the end of the response's body.
    pub(super) fn has_ended(&self) -> bool {
        self.progress == Progress::Ended
    }

    pub(super) fn record_response<B>(&mut self, response: &mut Response<B>) {
        if let Some((name, value)) = self.header.take().map(|header| *header) {
            response.headers_mut().insert(name, value);
        }
        if let Some(semantics) = self.recording {
            semantics.record_response(&self.cx.span(), response.status(), response.headers());
        }
    }

    pub(super) fn record_trailers(&self, trailers: &HeaderMap) {
        if let Some(semantics) = self.recording {
            semantics.record_trailers(&self.cx.span(), trailers);
        }
    }

    /// Moves on from `Open`. Returns `false` if the span was not open.
    fn record_outcome(&mut self) -> bool {
        let is_open = self.progress == Progress::Open;
        if is_open {
            self.progress = Progress::Recorded;
        }
        is_open
    }

    /// Records an error that the service or the body returned.
    pub(super) fn failed<E>(&mut self) {
        self.record_outcome();
        if self.recording.is_some() {
            mark_failed(&self.cx.span(), type_name::<E>(), "");
        }
    }

    /// Records a panic of the service or the body.
    pub(super) fn panicked(&mut self) {
        if self.record_outcome() && self.recording.is_some() {
            mark_panicked(&self.cx.span());
        }
    }

    /// Records that the request was dropped before the end of its response.
    pub(super) fn cancelled(&mut self) {
        if self.record_outcome() && self.recording.is_some() {
            mark_cancelled(&self.cx.span());
        }
    }

    /// Ends the span. Its context stays.
    pub(super) fn end(&mut self) {
        if self.panic_watch.saw_panic() {
            self.panicked();
        }
        self.progress = Progress::Ended;
        if self.recording.take().is_some() {
            self.cx.span().end();
        }
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs `poll` in the span, until the span has ended. `polling` stays `true` if `poll` panics.
pub(super) fn poll_in_span<R>(span: Option<&RequestSpan>, polling: &mut bool, poll: impl FnOnce() -> R) -> R {
    let _attached = span.filter(|span| !span.has_ended()).and_then(RequestSpan::attach);
    *polling = true;
    let result = poll();
    *polling = false;
    result
}
