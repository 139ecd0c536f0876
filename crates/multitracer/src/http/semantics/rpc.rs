//! The conventions for gRPC (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use opentelemetry::KeyValue;

use crate::grpc_status::GrpcStatus;

/// Whether this is a call by gRPC: its content type is `application/grpc`, with or without a suffix or a parameter. gRPC-Web is HTTP.
pub(super) fn is(request: &Parts) -> bool {
    let content_type = request.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let rest = content_type.and_then(|value| value.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// `package.Service/Method`.
pub(super) fn method(request: &Parts) -> Option<&str> {
    let path = request.uri.path().strip_prefix('/')?;
    let (service, method) = path.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(path)
}

pub(super) fn request(request: &Parts) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(5);
    attributes.push(KeyValue::new("rpc.system.name", "grpc"));
    attributes.push(KeyValue::new("rpc.method", method(request).unwrap_or("_OTHER").to_owned()));
    super::server(request, &mut attributes);
    attributes
}

/// The status of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(GrpcStatus);

/// Returns the status in `trailers`. A value that is not a code counts as `UNKNOWN`, as gRPC says.
pub(super) fn code(trailers: &HeaderMap) -> Option<Code> {
    let value = trailers.get("grpc-status")?;
    let code = value.to_str().ok().and_then(|text| text.parse().ok());
    Some(Code(GrpcStatus::from_code(code.unwrap_or(2))))
}

impl Code {
    pub(super) fn name(self) -> &'static str {
        self.0.name()
    }

    pub(super) fn is_ok(self) -> bool {
        self.name() == "OK"
    }

    /// The codes that the conventions count as errors of the server; the others are the caller's.
    pub(super) fn is_fault_of_server(self) -> bool {
        matches!(
            self.name(),
            "UNKNOWN" | "DEADLINE_EXCEEDED" | "UNIMPLEMENTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
        )
    }
}
