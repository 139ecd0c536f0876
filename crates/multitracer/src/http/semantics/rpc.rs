//! The conventions for gRPC (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use opentelemetry::KeyValue;

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

/// A status code of gRPC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code(usize);

/// By number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The code in `trailers`; one that is none counts as `UNKNOWN`, as the protocol says.
pub(super) fn code(trailers: &HeaderMap) -> Option<Code> {
    let value = trailers.get("grpc-status")?;
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    Some(Code(number.filter(|number| *number < NAMES.len()).unwrap_or(2)))
}

impl Code {
    pub(super) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("UNKNOWN")
    }

    pub(super) fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// The codes that the conventions count as errors of the server; the others are the caller's.
    pub(super) fn is_fault_of_server(self) -> bool {
        matches!(
            self.name(),
            "UNKNOWN" | "DEADLINE_EXCEEDED" | "UNIMPLEMENTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
        )
    }
}
