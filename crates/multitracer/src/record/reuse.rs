//! The memory of records, which new spans use again.
//!
//! The thread of an exporter would free the memory of each span, which other threads allocated.
//! Both then wait for a lock of the allocator. Therefore the records go back to the threads of the
//! application, with the memory of their attributes.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;

use super::span_record::BoxedRecord;

/// The most records that wait for a thread: those of a queue of the usual size, about 0.8 MiB.
const MAX_WAITING: usize = 2048;

/// The number of records that a thread takes at once.
const TAKEN_AT_ONCE: usize = 16;

/// The largest number of attributes whose memory is used again.
const MAX_ATTRIBUTES: usize = 16;

/// Initial capacity for attributes.
const USUAL_ATTRIBUTES: usize = 4;

/// Empty records that no thread has taken.
static WAITING: Mutex<Vec<BoxedRecord>> = Mutex::new(Vec::new());

/// The empty records and lists of one thread.
struct Taken {
    records: Vec<BoxedRecord>,
    attributes: Vec<Vec<KeyValue>>,
}

thread_local! {
    static TAKEN: RefCell<Taken> = const {
        RefCell::new(Taken { records: Vec::new(), attributes: Vec::new() })
    };
}

/// Returns an empty record.
#[inline]
pub(super) fn empty_record() -> BoxedRecord {
    // a span may start while its thread ends
    let taken = TAKEN.try_with(|taken| {
        let mut taken = taken.try_borrow_mut().ok()?;
        taken.records.pop().or_else(|| take_waiting(&mut taken.records))
    });
    taken.ok().flatten().unwrap_or_default()
}

#[cold]
fn take_waiting(records: &mut Vec<BoxedRecord>) -> Option<BoxedRecord> {
    let mut waiting = waiting();
    let rest = waiting.len().saturating_sub(TAKEN_AT_ONCE);
    records.extend(waiting.drain(rest..));
    records.pop()
}

/// Gives back records that were exported.
pub(crate) fn give_back(records: impl Iterator<Item = BoxedRecord>) {
    let empty = records.map(|mut record| {
        record.clear(MAX_ATTRIBUTES);
        record
    });
    let mut empty: Vec<_> = empty.collect();
    let mut waiting = waiting();
    let room = MAX_WAITING.saturating_sub(waiting.len()).min(empty.len());
    waiting.extend(empty.drain(..room));
    drop(waiting);
}

/// Returns an empty list for attributes.
#[inline]
pub(crate) fn attribute_list() -> Vec<KeyValue> {
    let list = TAKEN.try_with(|taken| taken.try_borrow_mut().ok()?.attributes.pop());
    list.ok().flatten().unwrap_or_else(|| Vec::with_capacity(USUAL_ATTRIBUTES))
}

/// Keeps the memory of an empty list for the next span of this thread.
#[inline]
pub(super) fn keep_list(list: Vec<KeyValue>) {
    if list.capacity() > 0 {
        // the list is freed if the thread ends
        let _ = TAKEN.try_with(|taken| {
            if let Ok(mut taken) = taken.try_borrow_mut()
                && taken.attributes.len() < TAKEN_AT_ONCE
            {
                taken.attributes.push(list);
            }
        });
    }
}

fn waiting() -> MutexGuard<'static, Vec<BoxedRecord>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_empty() {
        let used = |attributes| {
            let mut record = empty_record();
            record.name = "a name of the last span".to_owned().into();
            record.attributes.reserve(attributes);
            record.attributes.push(KeyValue::new("key", "value"));
            record
        };
        give_back([used(8), used(1000)].into_iter());
        for _ in 0..MAX_WAITING {
            let record = empty_record();
            assert!(record.name.is_empty() && record.attributes.is_empty());
            assert!(record.attributes.capacity() <= MAX_ATTRIBUTES);
        }
        give_back((0..2 * MAX_WAITING).map(|_| used(8)));
        assert!(waiting().len() <= MAX_WAITING);
    }
}
