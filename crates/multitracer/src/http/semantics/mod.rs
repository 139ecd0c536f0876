//! What spans of requests are named and carry, by OpenTelemetry's semantic conventions.

mod http;
mod rpc;

use std::borrow::Cow;

use ::http::header::HOST;
use ::http::request::Parts;
use ::http::{HeaderMap, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, SpanRef, Status};

/// Which conventions a request falls under, and on which side of it we are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Semantics {
    rpc: bool,
    server: bool,
}

impl Semantics {
    /// gRPC by its content type, else HTTP.
    pub(super) fn of_server(request: &Parts) -> Self {
        Self { rpc: rpc::is(request), server: true }
    }

    pub(super) fn of_client(request: &Parts) -> Self {
        Self { rpc: rpc::is(request), server: false }
    }

    pub(super) fn kind(self) -> SpanKind {
        if self.server { SpanKind::Server } else { SpanKind::Client }
    }

    pub(super) fn is_rpc(self) -> bool {
        self.rpc
    }

    pub(super) fn name(self, request: &Parts, pattern: Option<&str>) -> Cow<'static, str> {
        match rpc::method(request).filter(|_| self.rpc) {
            Some(method) => method.to_owned().into(),
            None => http::name(&request.method, pattern),
        }
    }

    pub(super) fn request(self, request: &Parts, pattern: Option<String>) -> Vec<KeyValue> {
        match (self.rpc, self.server) {
            (true, _) => rpc::request(request),
            (false, true) => http::served(request, pattern),
            (false, false) => http::sent(request),
        }
    }

    /// Records what the head of a response says.
    pub(super) fn response(self, span: &SpanRef<'_>, status: StatusCode, headers: &HeaderMap) {
        if self.rpc {
            // a response without a body has its trailers among the headers
            self.trailers(span, headers);
            return;
        }
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        let failed = if self.server { status.is_server_error() } else { status.as_u16() >= 400 };
        if failed {
            span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
    }

    /// Records what the trailers of a response say.
    pub(super) fn trailers(self, span: &SpanRef<'_>, trailers: &HeaderMap) {
        let code = if self.rpc { rpc::code(trailers) } else { None };
        let Some(code) = code else { return };
        span.set_attribute(KeyValue::new("rpc.response.status_code", code.name()));
        let failed = if self.server { code.is_fault_of_server() } else { !code.is_ok() };
        if failed {
            span.set_attribute(KeyValue::new("error.type", code.name()));
            span.set_status(Status::error(""));
        }
    }
}

/// Where the request went to.
fn server(request: &Parts, attributes: &mut Vec<KeyValue>) {
    let authority = match request.uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => request.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse().ok()),
    };
    if let Some(authority) = authority {
        attributes.push(KeyValue::new("server.address", authority.host().to_owned()));
        let port = authority.port_u16();
        attributes.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
    }
}
