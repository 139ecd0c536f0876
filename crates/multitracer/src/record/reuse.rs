//! The memory of records, which a thread uses again for its next spans.

use std::cell::RefCell;

use opentelemetry::KeyValue;

use super::span_record::{BoxedRecord, SpanRecord};

/// The most records and lists that a thread keeps.
const MAX_KEPT: usize = 16;

/// The largest list of attributes whose memory is used again.
const MAX_ATTRIBUTES: usize = 16;

/// Initial capacity for the attributes of a span.
pub(super) const USUAL_ATTRIBUTES: usize = 4;

/// The empty records and lists of one thread.
struct Kept {
    records: Vec<BoxedRecord>,
    lists: Vec<Vec<KeyValue>>,
}

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Kept { records: Vec::new(), lists: Vec::new() }) };
}

/// Returns an empty record.
#[inline]
pub(super) fn empty_record() -> BoxedRecord {
    // a span may start while its thread ends
    let kept = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.records.pop());
    kept.ok().flatten().unwrap_or_default()
}

/// Keeps the memory of a record for the next span of this thread.
#[inline]
pub(crate) fn keep_record(mut record: BoxedRecord) {
    if !record.is_empty() {
        // its destinations did not take it
        let mut attributes = std::mem::take(&mut record.attributes);
        attributes.clear();
        *record = SpanRecord { attributes, ..SpanRecord::default() };
    }
    if record.attributes.capacity() > MAX_ATTRIBUTES {
        record.attributes = Vec::new();
    }
    keep(record, |kept| &mut kept.records);
}

/// Returns an empty list for attributes.
#[inline]
pub(crate) fn attribute_list() -> Vec<KeyValue> {
    let list = KEPT.try_with(|kept| kept.try_borrow_mut().ok()?.lists.pop());
    list.ok().flatten().unwrap_or_else(|| Vec::with_capacity(USUAL_ATTRIBUTES))
}

/// Keeps the memory of an empty list for the next span of this thread.
#[inline]
pub(super) fn keep_list(list: Vec<KeyValue>) {
    if list.capacity() > 0 && list.capacity() <= MAX_ATTRIBUTES {
        keep(list, |kept| &mut kept.lists);
    }
}

/// Keeps an item in a list of this thread. The item is freed if the list is full or the thread
/// ends.
#[inline]
fn keep<T>(item: T, list: impl FnOnce(&mut Kept) -> &mut Vec<T>) {
    let _ = KEPT.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut() {
            let list = list(&mut kept);
            if list.len() < MAX_KEPT {
                list.push(item);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::SpanId;

    use super::*;

    #[test]
    fn records_come_back_empty() {
        let used = |attributes| {
            let mut record = empty_record();
            record.name = "a name of the last span".to_owned().into();
            record.attributes.reserve(attributes);
            record.attributes.push(KeyValue::new("key", "value"));
            record.id = SpanId::from(1);
            record
        };
        for attributes in [8, 1000] {
            keep_record(used(attributes));
            let record = empty_record();
            assert!(record.name.is_empty() && record.attributes.is_empty());
            assert!(record.attributes.capacity() <= MAX_ATTRIBUTES);
        }
    }

    #[test]
    fn a_thread_keeps_few_records() {
        let records: Vec<_> = (0..2 * MAX_KEPT).map(|_| empty_record()).collect();
        records.into_iter().for_each(keep_record);
        assert_eq!(KEPT.with_borrow(|kept| kept.records.len()), MAX_KEPT);
    }
}
