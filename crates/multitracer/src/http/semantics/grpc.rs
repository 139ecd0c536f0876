//! Semantic conventions for gRPC spans (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).

use http::{HeaderMap, Uri};
use opentelemetry::KeyValue;

use super::server_address::push_server;
use crate::grpc_status::GrpcStatus;

/// Returns `true` if the content type is `application/grpc`, with or without a suffix or parameter.
///
/// gRPC-Web counts as plain HTTP.
pub(super) fn is_grpc(content_type: Option<&[u8]>) -> bool {
    let rest = content_type.and_then(|value| value.strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

/// Returns the method of a call, as `package.Service/Method`, if the path has that form.
pub(super) fn method(uri: &Uri) -> Option<&str> {
    let path = uri.path().strip_prefix('/')?;
    let (service, method) = path.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(path)
}

/// Adds the attributes of a call. They are the same on both sides.
pub(super) fn push_attributes(uri: &Uri, host: Option<&[u8]>, attributes: &mut Vec<KeyValue>) {
    attributes.reserve(5);
    attributes.push(KeyValue::new("rpc.system.name", "grpc"));
    attributes.push(KeyValue::new("rpc.method", method(uri).unwrap_or("_OTHER").to_owned()));
    push_server(uri, host, attributes);
}

/// The status of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status(GrpcStatus);

impl Status {
    /// Returns the status in `trailers`. An invalid value counts as `UNKNOWN`, as the protocol
    /// requires.
    pub(super) fn from_trailers(trailers: &HeaderMap) -> Option<Self> {
        let value = trailers.get("grpc-status")?;
        let code = value.to_str().ok().and_then(|text| text.parse().ok());
        Some(Self(GrpcStatus::from_code(code.unwrap_or(2))))
    }

    pub(super) fn name(self) -> &'static str {
        self.0.name()
    }

    pub(super) fn is_ok(self) -> bool {
        self.name() == "OK"
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
