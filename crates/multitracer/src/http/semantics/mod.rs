//! Names and attributes of request spans, by OpenTelemetry's semantic conventions.

mod grpc;
mod http;
mod server_address;

use std::borrow::Cow;

use ::http::{HeaderMap, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, SpanRef};

use super::head::{DescribingHeaders, Head};
use crate::tracer::mark_failed;

/// The conventions that apply to a request: the protocol, and client or server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Semantics {
    is_grpc: bool,
    is_server: bool,
}

impl Semantics {
    /// Returns the conventions for a request that this process serves.
    pub(super) fn of_server(headers: &DescribingHeaders<'_>) -> Self {
        Self { is_grpc: grpc::is_grpc(headers.content_type), is_server: true }
    }

    /// Returns the conventions for a request that this process sends.
    pub(super) fn of_client(headers: &DescribingHeaders<'_>) -> Self {
        Self { is_grpc: grpc::is_grpc(headers.content_type), is_server: false }
    }

    pub(super) fn kind(self) -> SpanKind {
        if self.is_server { SpanKind::Server } else { SpanKind::Client }
    }

    pub(super) fn is_grpc(self) -> bool {
        self.is_grpc
    }

    /// Adds the attributes that describe the request. Returns the name of the span, from the method
    /// and the matched path pattern.
    pub(super) fn describe(
        self,
        head: Head<'_>,
        headers: DescribingHeaders<'_>,
        pattern: Option<String>,
        attributes: &mut Vec<KeyValue>,
    ) -> Cow<'static, str> {
        let method = if self.is_grpc { grpc::method(head.uri) } else { None };
        let name = match method {
            Some(method) => method.to_owned().into(),
            None => http::name(head.method, pattern.as_deref()),
        };
        match (self.is_grpc, self.is_server) {
            (true, _) => grpc::push_attributes(head.uri, headers.host, attributes),
            (false, true) => http::push_server_attributes(head, headers, pattern, attributes),
            (false, false) => http::push_client_attributes(head, headers, attributes),
        }
        name
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
