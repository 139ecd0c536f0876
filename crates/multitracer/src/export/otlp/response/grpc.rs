//! The reading of responses over gRPC.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, StatusCode};
use percent_encoding::percent_decode;
use prost::Message as _;
use tonic::{Code, Status};

use super::google_rpc;
use super::refusal::Refusal;
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::outcome::{DropReason, Retryable};
use crate::grpc_status::GrpcStatus;

/// Base64 with or without padding, as gRPC sends bytes in a header.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the status of a response, from its trailers, else from its headers.
///
/// A response without a message has its status in the headers. A message or details that are
/// malformed do not change the code. `Status::from_header_map` of tonic panics on such details.
pub(crate) fn grpc_status(trailers: &HeaderMap, headers: &HeaderMap) -> Option<Status> {
    status_in(trailers).or_else(|| status_in(headers))
}

fn status_in(headers: &HeaderMap) -> Option<Status> {
    let code = headers.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok());
    let message = headers.get("grpc-message").map(|message| percent_decode(message.as_bytes()));
    let message = message.map(|message| message.decode_utf8_lossy().into_owned()).unwrap_or_default();
    let details = headers.get("grpc-status-details-bin").and_then(|details| BASE64.decode(details).ok());
    let code = code.map_or(Code::Unknown, Code::from_i32);
    Some(Status::with_details(code, message, details.unwrap_or_default().into()))
}

/// Reads a status that is not `OK`, by the rules of
/// [OTLP](https://opentelemetry.io/docs/specs/otlp/#failures).
pub(crate) fn grpc_refusal(status: &Status, redactor: &ErrorRedactor) -> Refusal {
    let delay = retry_info(status.details()).map(Retryable::After);
    let (reason, retry) = match status.code() {
        Code::ResourceExhausted | Code::OutOfRange if is_about_size(status.message()) => {
            (DropReason::TooLarge, Retryable::Never)
        }
        Code::DeadlineExceeded => (DropReason::Timeout, delay.unwrap_or(Retryable::Backoff)),
        Code::Cancelled | Code::Aborted | Code::OutOfRange | Code::Unavailable | Code::DataLoss => {
            (DropReason::ExportFailed, delay.unwrap_or(Retryable::Backoff))
        }
        Code::ResourceExhausted => (DropReason::ExportFailed, delay.unwrap_or(Retryable::Never)),
        _ => (DropReason::ExportFailed, Retryable::Never),
    };
    Refusal {
        status: GrpcStatus::from_code(status.code() as i32).name().to_owned(),
        message: redactor.clean(status.message()),
        reason,
        retry,
    }
}

/// Reads an HTTP status from a server or a proxy that is no gRPC server, by
/// [gRPC's table](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
pub(crate) fn grpc_http_refusal(status: StatusCode) -> Refusal {
    let (reason, retry) = match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => (DropReason::ExportFailed, Retryable::Backoff),
        StatusCode::PAYLOAD_TOO_LARGE => (DropReason::TooLarge, Retryable::Never),
        _ => (DropReason::ExportFailed, Retryable::Never),
    };
    let message = "the response is not a gRPC response".to_owned();
    Refusal { status: status.to_string(), message, reason, retry }
}

/// Returns `true` if a status is about the size of the request, for which gRPC has no code.
fn is_about_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let has = |part: &str| message.contains(part);
    let is_about_a_request = ["message", "request", "payload", "body"].into_iter().any(has);
    let is_about_a_limit = has("larger than") || has("too large") || has("too big");
    is_about_a_request && (is_about_a_limit || (has("exceed") && has("size")))
}

/// Returns the delay of the `google.rpc.RetryInfo` in the details of a status.
fn retry_info(details: &[u8]) -> Option<Duration> {
    let status = google_rpc::Status::decode(details).ok()?;
    let info = status.details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = google_rpc::RetryInfo::decode(&*info.value).ok()?.retry_delay.unwrap_or_default();
    let (seconds, nanos) = (u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?);
    Some(Duration::from_secs(seconds) + Duration::from_nanos(nanos.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_servers_for_a_request_that_is_too_large() {
        for (message, expected) in [
            ("grpc: received message larger than max (5000000 vs. 4194304)", true),
            ("grpc: received message after decompression larger than max 4194304", true),
            ("gRPC message exceeds maximum size 4194304: 5000000", true),
            ("Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes", true),
            ("Received message exceeds the maximum configured message size.", true),
            ("Request body too big", true),
            ("message quota exceeded", false),
            ("too many requests", false),
            ("the queue is full", false),
        ] {
            assert_eq!(is_about_size(message), expected, "{message}");
        }
    }

    #[test]
    fn a_status_with_a_malformed_message_or_details_keeps_its_code() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            };
            pairs.iter().map(pair).collect()
        };
        let none = HeaderMap::new();
        for (value, code) in
            [("0", Code::Ok), ("14", Code::Unavailable), ("99", Code::Unknown), ("?", Code::Unknown)]
        {
            let trailers = headers(&[("grpc-status", value)]);
            assert_eq!(grpc_status(&trailers, &none).map(|status| status.code()), Some(code), "{value}");
            assert_eq!(grpc_status(&none, &trailers).map(|status| status.code()), Some(code), "{value}");
        }
        assert!(grpc_status(&none, &none).is_none());
        for (message, expected) in [("a%20b", "a b"), ("%FF%zz", "\u{fffd}%zz"), ("", "")] {
            let trailers = headers(&[("grpc-status", "14"), ("grpc-message", message)]);
            let status =
                grpc_status(&trailers, &none).map(|status| (status.code(), status.message().to_owned()));
            assert_eq!(status, Some((Code::Unavailable, expected.to_owned())));
        }
        for (details, expected) in
            [("YWI=", "ab"), ("YWI", "ab"), ("YQ=", "a"), ("!!! no base64", ""), ("%%%", ""), ("Y", "")]
        {
            let trailers = headers(&[("grpc-status", "14"), ("grpc-status-details-bin", details)]);
            let status =
                grpc_status(&trailers, &none).map(|status| (status.code(), status.details().to_owned()));
            assert_eq!(status, Some((Code::Unavailable, expected.into())), "{details}");
        }
    }

    #[test]
    fn a_retry_delay_in_the_details_of_a_status() {
        let delay = google_rpc::Delay { seconds: 1, nanos: 500_000_000 };
        let info = google_rpc::RetryInfo { retry_delay: Some(delay) };
        let any = |name: &str, value| google_rpc::Any {
            type_url: format!("type.googleapis.com/google.rpc.{name}"),
            value,
        };
        let details = vec![any("DebugInfo", vec![1]), any("RetryInfo", info.encode_to_vec())];
        let encoded = |details| google_rpc::Status { details, ..Default::default() }.encode_to_vec();
        assert_eq!(retry_info(&encoded(details)), Some(Duration::from_millis(1500)));
        assert_eq!(retry_info(&encoded(vec![])), None);
        assert_eq!(retry_info(b"\xff"), None);
    }
}
