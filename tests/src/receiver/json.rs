//! OTLP's JSON encoding, with unknown fields as errors.

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use serde_json::Value;

/// The names of all fields of a trace request, in alphabetical order.
const FIELDS: &[&str] = &[
    "arrayValue",
    "attributes",
    "boolValue",
    "bytesValue",
    "code",
    "doubleValue",
    "droppedAttributesCount",
    "droppedEventsCount",
    "droppedLinksCount",
    "endTimeUnixNano",
    "entityRefs",
    "events",
    "flags",
    "intValue",
    "key",
    "kind",
    "kvlistValue",
    "links",
    "message",
    "name",
    "parentSpanId",
    "resource",
    "resourceSpans",
    "schemaUrl",
    "scope",
    "scopeSpans",
    "spanId",
    "spans",
    "startTimeUnixNano",
    "status",
    "stringValue",
    "timeUnixNano",
    "traceId",
    "traceState",
    "value",
    "values",
    "version",
];

/// Parses a trace request, and fails on an unknown field.
///
/// The protocol lets a receiver ignore unknown fields. That would hide a sender's mistake here: a
/// request with `resource_spans` in place of `resourceSpans` would be a request without spans.
pub(super) fn parse(body: &[u8]) -> Result<ExportTraceServiceRequest, String> {
    let document: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    check_fields(&document)?;
    serde_json::from_value(document).map_err(|error| error.to_string())
}

fn check_fields(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(check_fields),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            if FIELDS.contains(&name.as_str()) {
                check_fields(value)
            } else {
                Err(format!("unknown field {name:?}"))
            }
        }),
        _ => Ok(()),
    }
}

/// Encodes a response. A 64-bit number becomes text, as proto3's JSON mapping demands.
pub(super) fn encode(response: &ExportTraceServiceResponse) -> Vec<u8> {
    let mut json = serde_json::json!({});
    if let Some(partial) = &response.partial_success {
        json["partialSuccess"] = serde_json::json!({
            "rejectedSpans": partial.rejected_spans.to_string(),
            "errorMessage": partial.error_message,
        });
    }
    json.to_string().into_bytes()
}
