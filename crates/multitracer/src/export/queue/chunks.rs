//! Chunks of queued spans, whose memory shards use again.
//!
//! Else the thread of an exporter would free memory that other threads allocate, and both would
//! wait for a lock of the allocator.

use std::sync::{Mutex, PoisonError};

use crate::record::RecordChunk;

/// Maximum number of spans in one chunk. A growing queue therefore copies few spans.
pub(super) const MAX_CHUNK_SPANS: usize = 64;

/// The most chunks that wait for a shard: those of a queue of the usual size. They are about 1 MiB,
/// and at most 3 MiB.
const MAX_WAITING: usize = 32;

/// The largest chunk that is used again, in bytes.
const MAX_BYTES: usize = 96 << 10;

/// Empty chunks of the maximum capacity.
static WAITING: Mutex<Vec<RecordChunk>> = Mutex::new(Vec::new());

/// Returns an empty chunk for at least `capacity` spans.
pub(super) fn empty_chunk(capacity: usize) -> RecordChunk {
    let waiting = if capacity >= MAX_CHUNK_SPANS {
        WAITING.lock().unwrap_or_else(PoisonError::into_inner).pop()
    } else {
        None
    };
    waiting.unwrap_or_else(|| RecordChunk::with_capacity(capacity))
}

/// Frees the spans of a chunk, and gives back its memory.
pub(in crate::export) fn give_back_chunk(mut chunk: RecordChunk) {
    chunk.clear();
    if chunk.capacity() >= MAX_CHUNK_SPANS && chunk.kept_bytes() <= MAX_BYTES {
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.push(chunk);
        }
    }
}
