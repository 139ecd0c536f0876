//! How much memory a span takes, roughly.

use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;

/// What a span takes in the queue before it has attributes.
const SPAN: usize = size_of::<SpanData>() + 64;

/// Bytes of `span`, estimated: what grows without bound (attributes, events, links, text) is counted, and
/// nothing is allocated or encoded for it.
pub(crate) fn size_of_span(span: &SpanData) -> usize {
    let events: usize =
        span.events.iter().map(|event| 64 + event.name.len() + attributes(&event.attributes)).sum();
    let links: usize = span.links.iter().map(|link| 96 + attributes(&link.attributes)).sum();
    SPAN + span.name.len() + attributes(&span.attributes) + events + links
}

fn attributes(attributes: &[KeyValue]) -> usize {
    attributes
        .iter()
        .map(|attribute| size_of::<KeyValue>() + attribute.key.as_str().len() + value(&attribute.value))
        .sum()
}

fn value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| 24 + text.as_str().len()).sum(),
        Value::Array(Array::Bool(values)) => values.len(),
        Value::Array(Array::I64(values)) => values.len() * 8,
        Value::Array(Array::F64(values)) => values.len() * 8,
        _ => 0,
    }
}
