//! Buffers of attributes that spans use again.
//!
//! An exporter's thread would free the memory of each span, which other threads allocated. Both
//! then wait for a lock of the allocator. Therefore the buffers go back to the threads of the
//! application.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;

/// The most buffers that wait for a thread: about 0.25 MiB.
const MAX_WAITING: usize = 512;

/// The number of buffers that a thread takes at once.
const TAKEN_AT_ONCE: usize = 16;

/// The largest capacity of a buffer that is used again.
const MAX_CAPACITY: usize = 16;

/// Empty buffers that no thread has taken.
static WAITING: Mutex<Vec<Vec<KeyValue>>> = Mutex::new(Vec::new());

thread_local! {
    /// Empty buffers of this thread.
    static TAKEN: RefCell<Vec<Vec<KeyValue>>> = const { RefCell::new(Vec::new()) };
}

/// Returns an empty buffer for at least `capacity` attributes.
#[inline]
pub(crate) fn attribute_buffer(capacity: usize) -> Vec<KeyValue> {
    let taken = TAKEN.try_with(|taken| {
        let mut taken = taken.try_borrow_mut().ok()?;
        if taken.is_empty() {
            take_waiting(&mut taken);
        }
        taken.pop_if(|buffer| buffer.capacity() >= capacity)
    });
    taken.ok().flatten().unwrap_or_else(|| Vec::with_capacity(capacity))
}

#[cold]
fn take_waiting(taken: &mut Vec<Vec<KeyValue>>) {
    let mut waiting = waiting();
    let rest = waiting.len().saturating_sub(TAKEN_AT_ONCE);
    taken.extend(waiting.drain(rest..));
}

/// Gives back the buffers of spans that were exported.
pub(crate) fn give_back(buffers: impl Iterator<Item = Vec<KeyValue>>) {
    let mut empty: Vec<_> = buffers
        .filter(|buffer| (1..=MAX_CAPACITY).contains(&buffer.capacity()))
        .map(|mut buffer| {
            buffer.clear();
            buffer
        })
        .collect();
    let mut waiting = waiting();
    let room = MAX_WAITING.saturating_sub(waiting.len()).min(empty.len());
    waiting.extend(empty.drain(..room));
    drop(waiting);
}

fn waiting() -> MutexGuard<'static, Vec<Vec<KeyValue>>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_empty_and_large_ones_do_not() {
        let used = |capacity| {
            let mut buffer = Vec::with_capacity(capacity);
            buffer.push(KeyValue::new("key", "value"));
            buffer
        };
        give_back([used(8), used(8), used(1000)].into_iter());
        for _ in 0..MAX_WAITING {
            let buffer = attribute_buffer(8);
            assert!(buffer.is_empty() && (8..=MAX_CAPACITY).contains(&buffer.capacity()));
        }
        give_back((0..2 * MAX_WAITING).map(|_| used(8)));
        assert!(waiting().len() <= MAX_WAITING);
    }
}
