//! The OTLP response message in JSON.

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use serde_json::Value;

/// Parses a response by proto3's rules for JSON.
///
/// A 64-bit number is a string or a number. A field name is in camel case or as in the protocol.
pub(super) fn parse(body: &[u8]) -> Option<ExportTraceServiceResponse> {
    let response: Value = serde_json::from_slice(body).ok()?;
    response.as_object()?;
    let Some(partial) = field(&response, "partialSuccess", "partial_success") else {
        return Some(ExportTraceServiceResponse::default());
    };
    let rejected_spans = match field(partial, "rejectedSpans", "rejected_spans") {
        None => 0,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(number) => number.as_i64()?,
    };
    let error_message = field(partial, "errorMessage", "error_message").and_then(Value::as_str);
    Some(ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans,
            error_message: error_message.unwrap_or_default().to_owned(),
        }),
    })
}

fn field<'v>(value: &'v Value, camel_case: &str, snake_case: &str) -> Option<&'v Value> {
    value.get(camel_case).or_else(|| value.get(snake_case)).filter(|found| !found.is_null())
}
