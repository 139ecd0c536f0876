//! The fill level of a queue, over all its shards.

use std::sync::atomic::Ordering;

use super::sync::AtomicUsize;
use crate::export::outcome::DropReason;

/// Size at which a batch is full. Many gRPC receivers accept at most 4 MiB in one message.
pub(super) const MAX_BATCH_BYTES: usize = 3 << 20;

/// The most spans and bytes that a shard reserves at once.
const MAX_RESERVATION: Room = Room { spans: 64, bytes: 64 << 10 };

/// Room for spans in a queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    pub(super) spans: usize,
    pub(super) bytes: usize,
}

/// The room that the shards have reserved, with its limits.
///
/// A shard reserves room for several spans at once, because threads would contend on one counter
/// per span. The reservations get smaller as the queue fills.
#[derive(Debug)]
pub(super) struct Level {
    spans: AtomicUsize,
    bytes: AtomicUsize,
    /// The number of shards with reserved room that no span uses yet.
    holders: AtomicUsize,
    max: Room,
    /// The number of spans and bytes from which a batch is due.
    full_batch: Room,
}

impl Level {
    pub(super) fn new(max_spans: usize, max_bytes: usize, batch_size: usize) -> Self {
        Self {
            spans: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            holders: AtomicUsize::new(0),
            max: Room { spans: max_spans, bytes: max_bytes },
            full_batch: Room {
                spans: batch_size.clamp(1, max_spans.max(1)),
                // a queue that is nearly full of bytes already drops large spans
                bytes: MAX_BATCH_BYTES.min(max_bytes / 2).max(1),
            },
        }
    }

    /// Reserves room for at least one span of `size` bytes, in addition to `rest`.
    pub(super) fn reserve(&self, rest: Room, size: usize) -> Result<Room, DropReason> {
        if size > self.max.bytes {
            return Err(DropReason::TooLarge);
        }
        let needed = Room { spans: usize::from(rest.spans == 0), bytes: size.saturating_sub(rest.bytes) };
        let used = Room { spans: self.spans(), bytes: self.bytes.load(Ordering::Relaxed) };
        let wanted = self.wanted(needed, rest, used);
        self.take(wanted).or_else(|| self.take(needed)).ok_or(DropReason::QueueFull)
    }

    /// Returns the size of a reservation: a small part of the free room, which ends where a batch
    /// is full. A shard never holds more than [`MAX_RESERVATION`] unused, except for a large span.
    fn wanted(&self, needed: Room, rest: Room, used: Room) -> Room {
        let share = |max: usize, used: usize, limit: usize| (max.saturating_sub(used) / 16).min(limit);
        let batch_size = self.batch_size();
        let to_full_batch = batch_size - used.spans % batch_size;
        let spans =
            share(self.max.spans, used.spans, MAX_RESERVATION.spans).min(batch_size / 8).min(to_full_batch);
        let bytes = share(self.max.bytes, used.bytes, MAX_RESERVATION.bytes).saturating_sub(rest.bytes);
        Room { spans: if rest.spans == 0 { spans.max(1) } else { 0 }, bytes: bytes.max(needed.bytes) }
    }

    /// Takes `room`, unless it would exceed a limit.
    fn take(&self, room: Room) -> Option<Room> {
        // an addition that is undone later would hide free room from other threads meanwhile
        let add = |spans| Some(spans + room.spans).filter(|sum| *sum <= self.max.spans);
        self.spans.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        if self.bytes.fetch_add(room.bytes, Ordering::Relaxed).saturating_add(room.bytes) > self.max.bytes {
            self.release(room);
            return None;
        }
        Some(room)
    }

    /// Releases room that spans or a reservation no longer use.
    pub(super) fn release(&self, room: Room) {
        self.spans.fetch_sub(room.spans, Ordering::Relaxed);
        self.bytes.fetch_sub(room.bytes, Ordering::Relaxed);
    }

    /// Notes that a shard has unused room, or no longer has any.
    pub(super) fn note_holder(&self, had_room: bool, has_room: bool) {
        match (had_room, has_room) {
            (false, true) => self.holders.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.holders.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
    }

    /// Returns `true` if a shard may have reserved room that no span uses yet.
    pub(super) fn has_holders(&self) -> bool {
        self.holders.load(Ordering::Relaxed) > 0
    }

    /// Returns `true` if the queue may hold a full batch: the shards have reserved room for one,
    /// without room that is known to be `unused`.
    pub(super) fn may_have_full_batch(&self, unused: Room) -> bool {
        let (spans, bytes) = (self.spans(), self.bytes.load(Ordering::Relaxed));
        self.is_full_batch(Room {
            spans: spans.saturating_sub(unused.spans),
            bytes: bytes.saturating_sub(unused.bytes),
        })
    }

    /// Returns `true` if so many queued spans are a full batch.
    pub(super) fn is_full_batch(&self, queued: Room) -> bool {
        queued.spans >= self.full_batch.spans || queued.bytes >= self.full_batch.bytes
    }

    fn spans(&self) -> usize {
        self.spans.load(Ordering::Relaxed)
    }

    /// Returns the number of spans for which there is reserved room, if `queued` spans are queued.
    #[cfg(test)]
    pub(super) fn reserved_beyond(&self, queued: usize) -> usize {
        self.spans() - queued
    }

    pub(super) fn max_spans(&self) -> usize {
        self.max.spans
    }

    pub(super) fn batch_size(&self) -> usize {
        self.full_batch.spans
    }
}
