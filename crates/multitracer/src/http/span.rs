//! A request's span, on either side of it.

use std::any::type_name;

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard, KeyValue};

use super::semantics::Semantics;

/// The span and context of one request. Ends when dropped.
#[derive(Debug)]
pub(super) struct RequestSpan {
    cx: Context,
    /// What is recorded on the span; `None`: nothing, since there is none.
    recording: Option<Semantics>,
    /// Put on the response.
    header: Option<(HeaderName, HeaderValue)>,
    /// Whether it is said how it ended.
    over: bool,
}

impl RequestSpan {
    pub(super) fn new(cx: Context, recording: Option<Semantics>) -> Self {
        Self { cx, recording, header: None, over: false }
    }

    pub(super) fn with_header(mut self, header: Option<(HeaderName, HeaderValue)>) -> Self {
        self.header = header;
        self
    }

    pub(super) fn attach(&self) -> ContextGuard {
        self.cx.clone().attach()
    }

    pub(super) fn record_response<B>(&mut self, response: &mut Response<B>) {
        if let Some((name, value)) = self.header.take() {
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

    /// The service or the body gave an error instead of what it should.
    pub(super) fn failed<E>(mut self) {
        self.over = true;
        if self.recording.is_some() {
            let span = self.cx.span();
            span.set_attribute(KeyValue::new("error.type", type_name::<E>()));
            span.set_status(Status::error(""));
        }
    }

    /// The service or the body panicked.
    pub(super) fn panicked(mut self) {
        self.note_panic();
    }

    fn note_panic(&mut self) {
        if !std::mem::replace(&mut self.over, true) && self.recording.is_some() {
            let span = self.cx.span();
            span.set_attribute(KeyValue::new("error.type", "panic"));
            span.set_status(Status::error("panicked"));
        }
    }

    /// Given up before there was a response, or before it was read to its end.
    pub(super) fn cancelled(mut self) {
        self.over = true;
        if self.recording.is_some() {
            self.cx.span().set_attribute(KeyValue::new("multitracer.cancelled", true));
        }
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.note_panic();
        }
        if self.recording.is_some() {
            self.cx.span().end();
        }
    }
}

/// Runs `poll`, and leaves `polling` set if it panics.
pub(super) fn poll_in_span<R>(span: Option<&RequestSpan>, polling: &mut bool, poll: impl FnOnce() -> R) -> R {
    let _attached = span.map(RequestSpan::attach);
    *polling = true;
    let result = poll();
    *polling = false;
    result
}
