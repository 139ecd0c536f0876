//! The limits of a span's data.

use std::borrow::Cow;

use opentelemetry::trace::{Event, Link, Status};
use opentelemetry::{Array, KeyValue, StringValue, Value};

use super::trace_state::with_short_state;

/// The most bytes of a name, of an attribute's key and of a status description.
///
/// The specification has no limits for them. Without one, a single text could fill the queue.
pub(super) const MAX_TEXT_BYTES: usize = 16 << 10;

/// The limits of the data of one span.
///
/// They are those of OpenTelemetry's
/// [specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits). Beyond them,
/// `MAX_TEXT_BYTES` and `trace_state.rs` bound the texts that the specification leaves unbounded.
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

/// Keeps the first `max` items. Returns the number of the others, whose memory is freed.
pub(super) fn truncate<T>(items: &mut Vec<T>, max: u32) -> u32 {
    let dropped = items.len().saturating_sub(max as usize);
    if dropped > 0 {
        items.truncate(max as usize);
        items.shrink_to_fit();
    }
    dropped as u32
}

/// Returns `true` for a text with more memory than the maximum.
///
/// A text of the source (`Borrowed`) stays whole: it costs no memory of the span.
#[expect(clippy::ptr_arg, reason = "an owned text counts its reserve")]
#[inline]
pub(super) fn is_long(text: &Cow<'static, str>) -> bool {
    matches!(text, Cow::Owned(text) if text.capacity() > MAX_TEXT_BYTES)
}

/// Cuts a text to the maximum of bytes, at the end of a character.
#[cold]
pub(super) fn cut_text(text: &mut Cow<'static, str>) {
    if let Cow::Owned(text) = text {
        let end = (0..=MAX_TEXT_BYTES).rev().find(|&at| text.is_char_boundary(at));
        text.truncate(end.unwrap_or(0));
        text.shrink_to_fit();
    }
}

/// Cuts the description of a status.
pub(super) fn cut_status(status: &mut Status) {
    if let Status::Error { description } = status
        && is_long(description)
    {
        cut_text(description);
    }
}

/// Cuts the name and the attributes of an event.
pub(super) fn cut_event(event: &mut Event, limits: &RecordLimits) {
    if is_long(&event.name) {
        cut_text(&mut event.name);
    }
    event.dropped_attributes_count = truncate(&mut event.attributes, limits.attributes_per_event);
}

/// Cuts the trace state and the attributes of a link.
pub(super) fn cut_link(link: &mut Link, limits: &RecordLimits) {
    if let Some(linked) = with_short_state(&link.span_context) {
        link.span_context = linked;
    }
    link.dropped_attributes_count = truncate(&mut link.attributes, limits.attributes_per_link);
}

/// Removes the attributes whose keys are too long. Returns their number.
///
/// A key is never cut, because two keys could become equal.
pub(super) fn remove_long_keys(attributes: &mut Vec<KeyValue>) -> u32 {
    let before = attributes.len();
    attributes.retain(|attribute| attribute.key.as_str().len() <= MAX_TEXT_BYTES);
    (before - attributes.len()) as u32
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

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanKind};

    use super::*;
    use crate::record::{SIZE_UNIT, SpanRecord};

    const LIMITS: RecordLimits = RecordLimits {
        attributes: 128,
        events: 128,
        links: 128,
        attributes_per_event: 128,
        attributes_per_link: 128,
        value_length: None,
    };

    fn record(name: String) -> Box<SpanRecord> {
        let start = std::time::SystemTime::UNIX_EPOCH;
        SpanRecord::start(&SpanContext::NONE, name.into(), SpanKind::Internal, None, start)
    }

    #[test]
    fn texts_are_cut_at_the_end_of_a_character() {
        // each character has three bytes, which do not divide the maximum
        let long = || "\u{20ac}".repeat(MAX_TEXT_BYTES);
        let mut record = record(long());
        record.set_status(Status::error(long()));
        record.add_event(long().into(), record.start_time, Vec::new(), &LIMITS);
        record.end(record.start_time, &LIMITS);
        assert_eq!(record.name().len(), MAX_TEXT_BYTES / 3 * 3);
        let span = record.take_span_data();
        assert_eq!(span.status, Status::error("\u{20ac}".repeat(MAX_TEXT_BYTES / 3)));
        assert_eq!(span.events.events[0].name.len(), MAX_TEXT_BYTES / 3 * 3);
    }

    #[test]
    fn texts_up_to_the_maximum_stay() {
        let mut record = record("n".repeat(MAX_TEXT_BYTES));
        let key = "k".repeat(MAX_TEXT_BYTES);
        record.set_attribute(KeyValue::new(key, 1), &LIMITS);
        record.end(record.start_time, &LIMITS);
        let span = record.take_span_data();
        assert_eq!((span.name.len(), span.attributes.len()), (MAX_TEXT_BYTES, 1));
    }

    #[test]
    fn an_attribute_with_a_long_key_is_dropped_and_counted() {
        let mut record = record("name".to_owned());
        let long = || vec![KeyValue::new("k".repeat(MAX_TEXT_BYTES + 1), 1), KeyValue::new("key", 2)];
        record.add_attributes(long(), &LIMITS);
        record.add_event("event".into(), record.start_time, long(), &LIMITS);
        record.add_link(SpanContext::NONE, long(), &LIMITS);
        record.end(record.start_time, &LIMITS);
        let span = record.take_span_data();
        assert_eq!((span.attributes.len(), span.dropped_attributes_count), (1, 1));
        let (event, link) = (&span.events.events[0], &span.links.links[0]);
        assert_eq!((event.attributes.len(), event.dropped_attributes_count), (1, 1));
        assert_eq!((link.attributes.len(), link.dropped_attributes_count), (1, 1));
    }

    #[test]
    fn the_size_has_all_texts() {
        let empty = || record(String::new());
        let size = |mut record: Box<SpanRecord>| {
            record.end(record.start_time, &LIMITS);
            record.size()
        };
        let length = 100 * SIZE_UNIT;
        let text = || "t".repeat(length);
        let with = |add: fn(&mut SpanRecord, String)| {
            let mut record = empty();
            add(&mut record, text());
            size(record)
        };
        let plain = size(empty());
        let texts: [fn(&mut SpanRecord, String); 4] = [
            |record, text| record.set_name(text.into()),
            |record, text| record.set_status(Status::error(text)),
            |record, text| record.add_event(text.into(), record.start_time, Vec::new(), &LIMITS),
            |record, text| record.set_attribute(KeyValue::new(text, 1), &LIMITS),
        ];
        for add in texts {
            assert!(with(add) >= plain + length);
        }
    }
}
