//! The estimated memory of a span.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// Memory of a span without attributes, in bytes.
const EMPTY_SPAN: usize = size_of::<SpanData>() + 64;

/// Estimates the memory of `span` in bytes, without allocating or encoding.
///
/// Only the parts that can grow without bound count: attributes, events, links and texts.
pub(super) fn span_size(span: &SpanData) -> usize {
    let events: usize =
        span.events.iter().map(|event| 64 + event.name.len() + attributes_size(&event.attributes)).sum();
    let links: usize = span.links.iter().map(|link| 96 + attributes_size(&link.attributes)).sum();
    EMPTY_SPAN + span.name.len() + attributes_size(&span.attributes) + events + links
}

fn attributes_size(attributes: &[KeyValue]) -> usize {
    attributes
        .iter()
        .map(|attribute| size_of::<KeyValue>() + attribute.key.as_str().len() + value_size(&attribute.value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| 24 + text.as_str().len()).sum(),
        Value::Array(Array::Bool(values)) => values.len(),
        Value::Array(Array::I64(values)) => values.len() * 8,
        Value::Array(Array::F64(values)) => values.len() * 8,
        _ => 0,
    }
}
