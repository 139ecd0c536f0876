//! The estimated memory of a span.

use std::borrow::Cow;

use opentelemetry::trace::{Event, Link, Status};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};

use super::details::Details;
use super::trace_state::trace_state_size;

/// Unit of the estimated size of a span, in bytes. A queue keeps its fill level in few bits.
pub(crate) const SIZE_UNIT: usize = 32;

/// Memory of the allocator and of the queue for each span, in bytes.
const OVERHEAD: usize = 64;

/// Memory for each text in a list: its place in the list, and the allocator's share.
pub(super) const TEXT_OVERHEAD: usize = size_of::<StringValue>() + 16;

/// Estimates the memory of a span's data in bytes, without allocating or encoding.
///
/// Everything counts that can grow without bound. Shared data counts for each span that holds it.
#[expect(clippy::ptr_arg, reason = "an owned text counts its reserve")]
#[inline]
pub(super) fn data_size(
    name: &Cow<'static, str>,
    attributes: &[KeyValue],
    details: Option<&Details>,
    scope: Option<&InstrumentationScope>,
) -> usize {
    OVERHEAD
        + text_size(name)
        + size_of_val(attributes)
        + attributes.iter().map(texts_size).sum::<usize>()
        + details.map_or(0, details_size)
        + scope.map_or(0, scope_size)
}

/// Returns the size of a text. A text of the source counts too, because each request repeats it.
#[expect(clippy::ptr_arg, reason = "an owned text counts its reserve")]
#[inline]
fn text_size(text: &Cow<'static, str>) -> usize {
    match text {
        Cow::Borrowed(text) => text.len(),
        Cow::Owned(text) => text.capacity(),
    }
}

/// Returns the size of attributes, with the memory that their list has in reserve.
#[inline]
fn list_size(attributes: &Vec<KeyValue>) -> usize {
    attributes.capacity() * size_of::<KeyValue>() + attributes.iter().map(texts_size).sum::<usize>()
}

#[inline]
fn texts_size(attribute: &KeyValue) -> usize {
    attribute.key.as_str().len() + value_size(&attribute.value)
}

#[inline]
fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(array) => array_size(array),
        _ => 0,
    }
}

#[cold]
fn array_size(array: &Array) -> usize {
    match array {
        Array::String(texts) => {
            let reserve = (texts.capacity() - texts.len()) * size_of::<StringValue>();
            reserve + texts.iter().map(|text| TEXT_OVERHEAD + text.as_str().len()).sum::<usize>()
        }
        // a value takes more room in a request than in memory
        Array::Bool(values) => values.capacity() * 4,
        Array::I64(values) => values.capacity() * 13,
        Array::F64(values) => values.capacity() * 11,
        _ => 0,
    }
}

#[cold]
fn details_size(details: &Details) -> usize {
    let Details { trace_state, events, links, status } = details;
    let description = match status {
        Status::Error { description } => text_size(description),
        Status::Unset | Status::Ok => 0,
    };
    let of_event = |event: &Event| text_size(&event.name) + list_size(&event.attributes);
    let of_link =
        |link: &Link| trace_state_size(link.span_context.trace_state()) + list_size(&link.attributes);
    size_of::<Details>()
        + trace_state_size(trace_state)
        + description
        + events.events.capacity() * size_of::<Event>()
        + events.iter().map(of_event).sum::<usize>()
        + links.links.capacity() * size_of::<Link>()
        + links.iter().map(of_link).sum::<usize>()
}

#[inline(never)]
fn scope_size(scope: &InstrumentationScope) -> usize {
    let version = scope.version().map_or(0, str::len);
    let schema_url = scope.schema_url().map_or(0, str::len);
    let attributes: usize =
        scope.attributes().map(|attribute| size_of::<KeyValue>() + texts_size(attribute)).sum();
    scope.name().len() + version + schema_url + attributes
}
