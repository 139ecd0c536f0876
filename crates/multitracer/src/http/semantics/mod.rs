//! Names and attributes of request spans, by OpenTelemetry's semantic conventions.

mod grpc;
mod http;
mod server_address;

use std::borrow::Cow;

use ::http::request::Parts;
use ::http::{HeaderMap, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, SpanRef};

use crate::tracer::mark_failed;

/// The conventions that apply to a request: the protocol, and client or server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Semantics {
    is_grpc: bool,
    is_server: bool,
}

impl Semantics {
    /// Returns the conventions for a request that this process serves.
    pub(super) fn of_server(request: &Parts) -> Self {
        Self { is_grpc: grpc::is_grpc(request), is_server: true }
    }

    /// Returns the conventions for a request that this process sends.
    pub(super) fn of_client(request: &Parts) -> Self {
        Self { is_grpc: grpc::is_grpc(request), is_server: false }
    }

    pub(super) fn kind(self) -> SpanKind {
        if self.is_server { SpanKind::Server } else { SpanKind::Client }
    }

    pub(super) fn is_grpc(self) -> bool {
        self.is_grpc
    }

    /// Returns the name of the span, from the method and the matched path pattern.
    pub(super) fn name(self, request: &Parts, pattern: Option<&str>) -> Cow<'static, str> {
        match grpc::method(request).filter(|_| self.is_grpc) {
            Some(method) => method.to_owned().into(),
            None => http::name(&request.method, pattern),
        }
    }

    /// Returns the attributes that describe the request.
    pub(super) fn request_attributes(self, request: &Parts, pattern: Option<String>) -> Vec<KeyValue> {
        match (self.is_grpc, self.is_server) {
            (true, _) => grpc::attributes(request),
            (false, true) => http::server_attributes(request, pattern),
            (false, false) => http::client_attributes(request),
        }
    }

    /// Records the status of a response, from its head.
    pub(super) fn record_response(self, span: &SpanRef<'_>, status: StatusCode, headers: &HeaderMap) {
        if self.is_grpc {
            // gRPC puts the trailers among the headers if the response has no body
            self.record_trailers(span, headers);
            return;
        }
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        let failed = if self.is_server { status.is_server_error() } else { status.as_u16() >= 400 };
        if failed {
            mark_failed(span, status.as_str().to_owned(), "");
        }
    }

    /// Records the gRPC status of a response, from its trailers. Does nothing for plain HTTP.
    pub(super) fn record_trailers(self, span: &SpanRef<'_>, trailers: &HeaderMap) {
        let status = if self.is_grpc { grpc::Status::from_trailers(trailers) } else { None };
        let Some(status) = status else { return };
        span.set_attribute(KeyValue::new("rpc.response.status_code", status.name()));
        let failed = if self.is_server { status.is_server_error() } else { !status.is_ok() };
        if failed {
            mark_failed(span, status.name(), "");
        }
    }
}
