//! The fill level of a queue, over all its shards.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::export::outcome::DropReason;

/// Size at which a batch is full. Many gRPC receivers accept at most 4 MiB in one message.
pub(super) const MAX_BATCH_BYTES: usize = 3 << 20;

/// The numbers of queued spans and bytes, with their limits.
///
/// They change while a shard is locked, so they are exact when all shards are locked.
#[derive(Debug)]
pub(super) struct Level {
    spans: AtomicUsize,
    bytes: AtomicUsize,
    max_spans: usize,
    max_bytes: usize,
    batch_size: usize,
}

impl Level {
    pub(super) fn new(max_spans: usize, max_bytes: usize, batch_size: usize) -> Self {
        Self {
            spans: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            max_spans,
            max_bytes,
            batch_size: batch_size.clamp(1, max_spans.max(1)),
        }
    }

    /// Reserves room for a span of `size` bytes. Returns `true` if the worker has to wake up,
    /// because the queue is no longer empty or holds a full batch.
    pub(super) fn reserve(&self, size: usize) -> Result<bool, DropReason> {
        if size > self.max_bytes {
            return Err(DropReason::TooLarge);
        }
        let spans = self.spans.fetch_add(1, Ordering::Relaxed);
        if spans >= self.max_spans {
            self.spans.fetch_sub(1, Ordering::Relaxed);
            return Err(DropReason::QueueFull);
        }
        let bytes = self.bytes.fetch_add(size, Ordering::Relaxed);
        if bytes.saturating_add(size) > self.max_bytes {
            self.release(1, size);
            return Err(DropReason::QueueFull);
        }
        let was_full = self.is_full_batch(spans, bytes);
        let is_full = self.is_full_batch(spans + 1, bytes + size);
        Ok(spans == 0 || (is_full && !was_full))
    }

    /// Releases the room of spans that left the queue.
    pub(super) fn release(&self, spans: usize, bytes: usize) {
        self.spans.fetch_sub(spans, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns `true` if the queue holds a full batch.
    pub(super) fn has_full_batch(&self) -> bool {
        self.is_full_batch(self.spans(), self.bytes.load(Ordering::Relaxed))
    }

    fn is_full_batch(&self, spans: usize, bytes: usize) -> bool {
        spans >= self.batch_size || bytes >= MAX_BATCH_BYTES
    }

    pub(super) fn spans(&self) -> usize {
        self.spans.load(Ordering::Relaxed)
    }

    pub(super) fn max_spans(&self) -> usize {
        self.max_spans
    }

    pub(super) fn batch_size(&self) -> usize {
        self.batch_size
    }
}
