//! The reading of responses over HTTP.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::response::Parts;
use http::{HeaderName, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::refusal::Refusal;
use super::success::export_success;
use super::{google_rpc, json};
use crate::config::secret;
use crate::export::otlp::redact_errors::ErrorRedactor;
use crate::export::outcome::{DropReason, ExportSuccess, Retryable};

/// A response to an export over HTTP.
pub(crate) enum HttpResponse {
    /// A success, perhaps a partial one.
    Accepted(ExportSuccess),
    /// A success status with a web page, as a portal or a proxy sends it.
    WebPage,
    /// A success status with a body that is not OTLP.
    Unreadable,
    /// An error status.
    Refused(Refusal),
}

impl HttpResponse {
    /// Reads a response by the rules of
    /// [OTLP](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
    pub(crate) fn read(parts: &Parts, body: &[u8], redactor: &ErrorRedactor) -> Self {
        let content_type = header(parts, CONTENT_TYPE).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !parts.status.is_success() {
            return Self::Refused(refusal(parts, media_type, body, redactor));
        }
        let response = match (body, media_type) {
            (_, "text/html") => return Self::WebPage,
            // an empty body is an empty message
            (b"", _) => Some(ExportTraceServiceResponse::default()),
            (_, "application/json") => json::parse(body),
            (_, _) => ExportTraceServiceResponse::decode(body).ok(),
        };
        match response {
            Some(response) => Self::Accepted(export_success(response, redactor)),
            None => Self::Unreadable,
        }
    }
}

fn header(parts: &Parts, name: HeaderName) -> Option<&str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}

fn refusal(parts: &Parts, media_type: &str, body: &[u8], redactor: &ErrorRedactor) -> Refusal {
    let (reason, retry) = match parts.status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let delay = header(parts, RETRY_AFTER).and_then(|value| retry_after(value, SystemTime::now()));
            (DropReason::ExportFailed, delay.map_or(Retryable::Backoff, Retryable::After))
        }
        StatusCode::PAYLOAD_TOO_LARGE => (DropReason::TooLarge, Retryable::Never),
        _ => (DropReason::ExportFailed, Retryable::Never),
    };
    let message = match header(parts, LOCATION) {
        Some(location) => {
            let location = secret::shown_url(location);
            format!("it points to {location}, and redirects are not followed")
        }
        None => error_message(media_type, body),
    };
    Refusal { status: parts.status.to_string(), message: redactor.clean(&message), reason, retry }
}

/// Returns the message in the body of an error response.
fn error_message(media_type: &str, body: &[u8]) -> String {
    match media_type {
        "application/x-protobuf" => {
            google_rpc::Status::decode(body).map(|status| status.message).unwrap_or_default()
        }
        "text/html" => String::new(),
        "application/json" => match serde_json::from_slice::<serde_json::Value>(body) {
            Ok(value) => {
                let message = ["message", "error", "detail"].iter().find_map(|key| value.get(key)?.as_str());
                message.map_or_else(|| value.to_string(), str::to_owned)
            }
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        },
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Returns the delay in a `Retry-After` header, which is a number of seconds or a date.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // a date in the past means now
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::Resource;

    use super::*;

    /// Returns the response to a request: `Some` of the rejected spans and the message if the
    /// backend accepted it, `None` if the response is unreadable.
    fn accepted(content_type: &str, body: &[u8]) -> Option<(usize, Option<String>)> {
        let response = http::Response::builder().header(CONTENT_TYPE, content_type).body(());
        let parts = response.map(|response| response.into_parts().0).ok()?;
        let redactor = ErrorRedactor::new(&[], "", &Resource::builder_empty().build());
        match HttpResponse::read(&parts, body, &redactor) {
            HttpResponse::Accepted(success) => Some((success.rejected, success.message)),
            HttpResponse::Unreadable => None,
            HttpResponse::WebPage | HttpResponse::Refused(_) => Some((usize::MAX, None)),
        }
    }

    #[test]
    fn partial_success_in_json() {
        for (body, expected) in [
            (r#"{}"#, Some((0, None))),
            (r#"{"partialSuccess":null}"#, Some((0, None))),
            (r#"{"partialSuccess":{}}"#, Some((0, None))),
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#, Some((3, Some("no")))),
            (r#"{"partialSuccess":{"rejectedSpans":4}}"#, Some((4, None))),
            (r#"{"partial_success":{"rejected_spans":"5"}}"#, Some((5, None))),
            (r#"{"partialSuccess":{"errorMessage":"slow down"}}"#, Some((0, Some("slow down")))),
            (r#"{"partialSuccess":{"rejectedSpans":"many"}}"#, None),
            (r#"[]"#, None),
            ("<html>", None),
        ] {
            let expected = expected.map(|(rejected, message)| (rejected, message.map(str::to_owned)));
            for content_type in ["application/json", "application/json; charset=utf-8"] {
                assert_eq!(accepted(content_type, body.as_bytes()), expected, "{body}");
            }
        }
    }

    #[test]
    fn partial_success_in_protobuf() {
        let body = [10, 6, 8, 2, 18, 2, b'n', b'o'];
        assert_eq!(accepted("application/x-protobuf", &body), Some((2, Some("no".to_owned()))));
        assert_eq!(accepted("application/x-protobuf", b""), Some((0, None)));
        assert_eq!(accepted("application/x-protobuf", b"<html>"), None);
    }

    #[test]
    fn a_retry_delay_in_seconds_or_until_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(value, now).map(|delay| delay.as_secs()), seconds, "{value}");
        }
    }
}
