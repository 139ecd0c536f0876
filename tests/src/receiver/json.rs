//! OTLP's JSON encoding, read more strictly than the protocol asks of a receiver.

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use serde_json::Value;

/// Every field that a trace request may have, in the order of the alphabet.
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

/// A receiver ignores fields that it does not know. Here that would hide a sender's mistake (`resource_spans` for
/// `resourceSpans` is a request without a span), so that an unknown field is an error.
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

/// By proto3's rules, a 64-bit number as text.
pub(super) fn answer(answer: &ExportTraceServiceResponse) -> Vec<u8> {
    let mut json = serde_json::json!({});
    if let Some(partial) = &answer.partial_success {
        json["partialSuccess"] = serde_json::json!({
            "rejectedSpans": partial.rejected_spans.to_string(),
            "errorMessage": partial.error_message,
        });
    }
    json.to_string().into_bytes()
}
