//! The limits of a span's data.

use opentelemetry::{Array, KeyValue, StringValue, Value};

/// The limits of the data of one span.
///
/// They are those of OpenTelemetry's
/// [specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits).
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordLimits {
    pub(crate) attributes: u32,
    pub(crate) events: u32,
    pub(crate) links: u32,
    pub(crate) attributes_per_event: u32,
    pub(crate) attributes_per_link: u32,
    /// The maximum length of an attribute's text in characters.
    pub(crate) value_length: Option<u32>,
}

/// Keeps the first `max` items. Returns the number of the others.
pub(super) fn truncate<T>(items: &mut Vec<T>, max: u32) -> u32 {
    let dropped = items.len().saturating_sub(max as usize);
    items.truncate(max as usize);
    dropped as u32
}

/// Cuts the texts of attributes to `max` characters.
pub(super) fn shorten(attributes: &mut [KeyValue], max: u32) {
    let max = max as usize;
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => shorten_text(text, max),
            Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|text| shorten_text(text, max)),
            _ => {}
        }
    }
}

fn shorten_text(text: &mut StringValue, max: usize) {
    if let Some((end, _)) = text.as_str().char_indices().nth(max) {
        *text = text.as_str()[..end].to_owned().into();
    }
}
