//! The estimated memory of a span.

use opentelemetry::{Array, KeyValue, Value};

use super::details::Details;

/// Memory of the allocator and of the queue for each span, in bytes.
const OVERHEAD: usize = 64;

/// Estimates the memory of a span's data in bytes, without allocating or encoding.
///
/// Only the parts that can grow without bound count: attributes, events, links and texts.
pub(super) fn data_size(name: &str, attributes: &[KeyValue], details: Option<&Details>) -> usize {
    let details = details.map_or(0, |details| {
        let events = details.events.iter();
        let links = details.links.iter();
        events.map(|event| 64 + event.name.len() + attributes_size(&event.attributes)).sum::<usize>()
            + links.map(|link| 96 + attributes_size(&link.attributes)).sum::<usize>()
    });
    OVERHEAD + name.len() + attributes_size(attributes) + details
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
