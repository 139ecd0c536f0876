//! What a backend answers: partial success, and when to come back.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;

use crate::export::outcome::ExportSuccess;

/// What is said of an answer that cannot be read, though its status says that the spans were taken.
#[cfg(feature = "otlp-http")]
const UNREADABLE: &str = "the backend's answer is not one of OTLP";

/// What a taken request's answer says; `bytes` is the size of its body.
pub(super) fn delivered(answer: ExportTraceServiceResponse, bytes: usize) -> ExportSuccess {
    let partial = answer.partial_success.unwrap_or_default();
    ExportSuccess {
        rejected: usize::try_from(partial.rejected_spans).unwrap_or(0),
        message: (!partial.error_message.is_empty()).then_some(partial.error_message),
        bytes,
    }
}

/// The same for an answer over HTTP, by its content type.
#[cfg(feature = "otlp-http")]
pub(super) fn delivered_http(json: bool, body: &[u8], bytes: usize) -> ExportSuccess {
    use prost::Message as _;

    let answer = match (body, json) {
        (b"", _) => Some(ExportTraceServiceResponse::default()),
        (_, true) => json_answer(body),
        (_, false) => ExportTraceServiceResponse::decode(body).ok(),
    };
    match answer {
        Some(answer) => delivered(answer, bytes),
        None => ExportSuccess { message: Some(UNREADABLE.to_owned()), bytes, ..ExportSuccess::default() },
    }
}

/// By proto3's rules for JSON: 64-bit numbers are text or numbers, names are camel case or as in the protocol.
#[cfg(feature = "otlp-http")]
fn json_answer(body: &[u8]) -> Option<ExportTraceServiceResponse> {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
    use serde_json::Value;

    let either = |value: &Value, camel: &str, snake: &str| -> Option<Value> {
        value.get(camel).or_else(|| value.get(snake)).filter(|found| !found.is_null()).cloned()
    };
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer.as_object()?;
    let Some(partial) = either(&answer, "partialSuccess", "partial_success") else {
        return Some(ExportTraceServiceResponse::default());
    };
    let rejected_spans = match either(&partial, "rejectedSpans", "rejected_spans") {
        None => 0,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(number) => number.as_i64()?,
    };
    let error_message = match either(&partial, "errorMessage", "error_message") {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    Some(ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess { rejected_spans, error_message }),
    })
}

/// The value of `Retry-After`: seconds, or a date.
#[cfg(feature = "otlp-http")]
pub(super) fn retry_after(value: &str, now: std::time::SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    // one that has passed means now
    Some(date.duration_since(now).unwrap_or_default())
}

/// The delay of the `google.rpc.RetryInfo` in the details of a gRPC status.
#[cfg(feature = "otlp-grpc")]
pub(super) fn retry_info(details: &[u8]) -> Option<Duration> {
    use prost::Message as _;

    let status = rpc::Status::decode(details).ok()?;
    let info = status.details.iter().find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
    let delay = rpc::RetryInfo::decode(&*info.value).ok()?.retry_delay.unwrap_or_default();
    let (seconds, nanos) = (u64::try_from(delay.seconds).ok()?, u32::try_from(delay.nanos).ok()?);
    Some(Duration::from_secs(seconds) + Duration::from_nanos(nanos.into()))
}

/// The few messages of `google.rpc` that are needed.
#[cfg(feature = "otlp-grpc")]
mod rpc {
    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Status {
        #[prost(message, repeated, tag = "3")]
        pub(super) details: Vec<Any>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Any {
        #[prost(string, tag = "1")]
        pub(super) type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        pub(super) value: Vec<u8>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        pub(super) retry_delay: Option<Delay>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Delay {
        #[prost(int64, tag = "1")]
        pub(super) seconds: i64,
        #[prost(int32, tag = "2")]
        pub(super) nanos: i32,
    }
}

#[cfg(all(test, feature = "otlp-http"))]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn partial_success_in_json() {
        for (body, rejected, message) in [
            (r#"{}"#, 0, None),
            (r#"{"partialSuccess":null}"#, 0, None),
            (r#"{"partialSuccess":{}}"#, 0, None),
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#, 3, Some("no")),
            (r#"{"partialSuccess":{"rejectedSpans":4}}"#, 4, None),
            (r#"{"partial_success":{"rejected_spans":"5"}}"#, 5, None),
            (r#"{"partialSuccess":{"errorMessage":"slow down"}}"#, 0, Some("slow down")),
            (r#"{"partialSuccess":{"rejectedSpans":"many"}}"#, 0, Some(UNREADABLE)),
            (r#"[]"#, 0, Some(UNREADABLE)),
            ("<html>", 0, Some(UNREADABLE)),
        ] {
            let found = delivered_http(true, body.as_bytes(), 9);
            assert_eq!(
                (found.rejected, found.message.as_deref(), found.bytes),
                (rejected, message, 9),
                "{body}"
            );
        }
    }

    #[test]
    fn partial_success_in_protobuf() {
        let body = [10, 6, 8, 2, 18, 2, b'n', b'o'];
        let found = delivered_http(false, &body, 9);
        assert_eq!((found.rejected, found.message.as_deref()), (2, Some("no")));
        assert_eq!(delivered_http(false, b"", 9).message, None);
        assert_eq!(delivered_http(false, b"<html>", 9).message.as_deref(), Some(UNREADABLE));
    }

    #[test]
    fn a_pause_in_seconds_or_until_a_date() {
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

    #[cfg(feature = "otlp-grpc")]
    #[test]
    fn a_pause_in_the_details_of_a_status() {
        use prost::Message as _;

        let info = rpc::RetryInfo { retry_delay: Some(rpc::Delay { seconds: 1, nanos: 500_000_000 }) };
        let any = |name: &str, value| rpc::Any {
            type_url: format!("type.googleapis.com/google.rpc.{name}"),
            value,
        };
        let details = vec![any("DebugInfo", vec![1]), any("RetryInfo", info.encode_to_vec())];
        let status = rpc::Status { details }.encode_to_vec();
        assert_eq!(retry_info(&status), Some(Duration::from_millis(1500)));
        assert_eq!(retry_info(&rpc::Status { details: vec![] }.encode_to_vec()), None);
        assert_eq!(retry_info(b"\xff"), None);
    }
}
