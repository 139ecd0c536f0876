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
}

impl RequestSpan {
    pub(super) fn new(cx: Context, recording: Option<Semantics>) -> Self {
        Self { cx, recording, header: None }
    }

    pub(super) fn with_header(mut self, header: Option<(HeaderName, HeaderValue)>) -> Self {
        self.header = header;
        self
    }

    pub(super) fn attach(&self) -> ContextGuard {
        self.cx.clone().attach()
    }

    pub(super) fn responded<B>(&mut self, response: &mut Response<B>) {
        if let Some((name, value)) = self.header.take() {
            response.headers_mut().insert(name, value);
        }
        if let Some(semantics) = self.recording {
            semantics.response(&self.cx.span(), response.status(), response.headers());
        }
    }

    pub(super) fn trailers(&self, trailers: &HeaderMap) {
        if let Some(semantics) = self.recording {
            semantics.trailers(&self.cx.span(), trailers);
        }
    }

    /// The service or the body gave an error instead of what it should.
    pub(super) fn failed<E>(self) {
        if self.recording.is_some() {
            let span = self.cx.span();
            span.set_attribute(KeyValue::new("error.type", type_name::<E>()));
            span.set_status(Status::error(""));
        }
    }

    /// Given up before there was a response, or before it was read to its end.
    pub(super) fn cancelled(self) {
        if self.recording.is_some() {
            self.cx.span().set_attribute(KeyValue::new("multitracer.cancelled", true));
        }
    }
}

impl Drop for RequestSpan {
    fn drop(&mut self) {
        if self.recording.is_some() {
            self.cx.span().end();
        }
    }
}
