//! The reading of responses over gRPC.

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, StatusCode};
use prost::Message as _;
use tonic::{Code, Status};

use super::google_rpc;
use super::refusal::Refusal;
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::outcome::{DropReason, Retryable};
use crate::grpc_status::GrpcStatus;

/// The header with the details of a status, in base64.
const DETAILS: &str = "grpc-status-details-bin";

/// The base64 of gRPC, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Returns the status of a response. A response without a message has it in the headers.
pub(crate) fn grpc_status(trailers: &HeaderMap, headers: &HeaderMap) -> Option<Status> {
    [trailers, headers].into_iter().find_map(status_in)
}

/// Returns the status in some headers. Details that are not base64 are ignored.
fn status_in(headers: &HeaderMap) -> Option<Status> {
    let Some(details) = headers.get(DETAILS) else { return Status::from_header_map(headers) };
    // tonic panics at details that are not base64
    let mut rest = headers.clone();
    rest.remove(DETAILS);
    let status = Status::from_header_map(&rest)?;
    let details = BASE64.decode(details.as_bytes()).unwrap_or_default();
    Some(Status::with_details(status.code(), status.message(), details.into()))
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

    #[test]
    fn details_that_are_not_base64_are_ignored() {
        for (details, expected) in [("%%%", ""), ("YQ=", "a"), ("a", ""), ("YQ==", "a"), ("YQ", "a")] {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-status", http::HeaderValue::from_static("8"));
            headers.insert(DETAILS, http::HeaderValue::from_static(details));
            for (trailers, headers) in [(&headers, &HeaderMap::new()), (&HeaderMap::new(), &headers)] {
                let status = grpc_status(trailers, headers);
                let found = status.map(|status| (status.code(), status.details().to_vec()));
                assert_eq!(found, Some((Code::ResourceExhausted, expected.into())), "{details}");
            }
        }
    }
}
