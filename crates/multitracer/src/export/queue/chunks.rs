//! Lists of queued spans, which shards use again.
//!
//! The reason is that of `record/reuse.rs`: the thread of an exporter frees no memory that other
//! threads allocate.

use std::sync::{Mutex, PoisonError};

use crate::record::BoxedRecord;

/// Maximum number of spans in one list. A growing queue therefore copies few spans.
pub(super) const MAX_CHUNK_SPANS: usize = 64;

/// The most lists that wait for a shard: about 32 KiB.
const MAX_WAITING: usize = 64;

type Chunk = Vec<BoxedRecord>;

/// Empty lists of the maximum capacity.
static WAITING: Mutex<Vec<Chunk>> = Mutex::new(Vec::new());

/// Returns an empty list for at least `capacity` spans.
pub(super) fn empty_chunk(capacity: usize) -> Chunk {
    let waiting = if capacity >= MAX_CHUNK_SPANS {
        WAITING.lock().unwrap_or_else(PoisonError::into_inner).pop()
    } else {
        None
    };
    waiting.unwrap_or_else(|| Vec::with_capacity(capacity))
}

/// Gives back an empty list.
pub(in crate::export) fn give_back_chunk(chunk: Chunk) {
    if chunk.capacity() == MAX_CHUNK_SPANS && chunk.is_empty() {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.push(chunk);
        }
    }
}
