//! Semantic conventions for gRPC spans (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use opentelemetry::KeyValue;

use super::server_address::push_server;

/// Returns `true` if the content type is `application/grpc`, with or without a suffix or parameter.
///
/// gRPC-Web counts as plain HTTP.
pub(super) fn is_grpc(request: &Parts) -> bool {
    let content_type = request.headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let rest = content_type.and_then(|value| value.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Returns the method of a call, as `package.Service/Method`, if the path has that form.
pub(super) fn method(request: &Parts) -> Option<&str> {
    let path = request.uri.path().strip_prefix('/')?;
    let (service, method) = path.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(path)
}

/// Returns the attributes of a call. They are the same on both sides.
pub(super) fn attributes(request: &Parts) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(5);
    attributes.push(KeyValue::new("rpc.system.name", "grpc"));
    attributes.push(KeyValue::new("rpc.method", method(request).unwrap_or("_OTHER").to_owned()));
    push_server(request, &mut attributes);
    attributes
}

/// A status code of gRPC, by its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status(usize);

/// The names of the status codes, in the order of their numbers.
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

impl Status {
    /// Returns the status in `trailers`. An invalid value counts as `UNKNOWN`, as the protocol
    /// requires.
    pub(super) fn from_trailers(trailers: &HeaderMap) -> Option<Self> {
        let value = trailers.get("grpc-status")?;
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        Some(Self(number.filter(|number| *number < NAMES.len()).unwrap_or(2)))
    }

    pub(super) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("UNKNOWN")
    }

    pub(super) fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Returns `true` for the codes that the conventions count as errors of the server.
    ///
    /// The caller is responsible for all other codes.
    pub(super) fn is_server_error(self) -> bool {
        matches!(
            self.name(),
            "UNKNOWN" | "DEADLINE_EXCEEDED" | "UNIMPLEMENTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
        )
    }
}
