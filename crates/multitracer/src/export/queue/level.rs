//! The fill level of a queue, over all its shards.

use std::sync::atomic::Ordering;

use super::sync::{AtomicU64, SHARDS};
use crate::export::outcome::DropReason;
use crate::record::SIZE_UNIT;

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
    /// The bits of [`Used`]. A thread reads and changes all of it at once. Otherwise it could see
    /// room as used that another thread is about to free, and drop a span that fits.
    used: AtomicU64,
    max: Room,
    /// The number of spans and bytes from which a batch is due.
    full_batch: Room,
}

/// The reserved room of a queue.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    room: Room,
    /// The number of shards with reserved room that no span uses yet.
    holders: usize,
}

/// The reason for which a span gets no room.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The queue has no room, or never has enough.
    Drop(DropReason),
    /// The queue is full, but shards may have reserved room that no span uses yet.
    Reserved,
}

impl Level {
    pub(super) fn new(max_spans: usize, max_bytes: usize, batch_size: usize) -> Self {
        let max_spans = max_spans.min(Used::MAX_SPANS);
        let max_bytes = (max_bytes as u64).min(Used::MAX_BYTES) as usize;
        // a queue that is nearly full of bytes already drops large spans
        let full_bytes = MAX_BATCH_BYTES.min(max_bytes / 2).max(1);
        Self {
            used: AtomicU64::new(0),
            max: Room { spans: max_spans, bytes: round_down(max_bytes) },
            full_batch: Room { spans: batch_size.clamp(1, max_spans.max(1)), bytes: full_bytes },
        }
    }

    /// Uses room for a span of `size` bytes. The room comes from `rest`, the reserved room of a
    /// shard, or is reserved for it. Returns `true` if room was reserved.
    pub(super) fn use_room(&self, rest: &mut Room, size: usize) -> Result<bool, Refusal> {
        let span = Room { spans: 1, bytes: size };
        if rest.spans >= span.spans && rest.bytes >= span.bytes {
            *rest = rest.minus(span);
            if rest.is_empty() {
                self.used.fetch_sub(Used { room: *rest, holders: 1 }.bits(), Ordering::Relaxed);
            }
            return Ok(false);
        }
        if size > self.max.bytes {
            return Err(Refusal::Drop(DropReason::TooLarge));
        }
        let needed = Room { spans: usize::from(rest.spans == 0), bytes: size.saturating_sub(rest.bytes) };
        let mut left = *rest;
        let reserve = |bits| {
            let mut used = Used::from_bits(bits);
            let wanted = self.wanted(needed, *rest, used.room);
            let room = [wanted, needed].into_iter().find(|room| self.has_room(used.room.plus(*room)))?;
            left = rest.plus(room).minus(span);
            used.room = used.room.plus(room);
            used.holders += usize::from(!left.is_empty());
            used.holders -= usize::from(!rest.is_empty());
            Some(used.bits())
        };
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, reserve) {
            Ok(_) => {
                *rest = left;
                Ok(true)
            }
            Err(bits) if Used::from_bits(bits).holders > 0 => Err(Refusal::Reserved),
            Err(_) => Err(Refusal::Drop(DropReason::QueueFull)),
        }
    }

    /// Returns the size of a reservation: a small part of the free room, which ends where a batch
    /// is full. A shard never holds more than [`MAX_RESERVATION`] unused, except for a large span.
    fn wanted(&self, needed: Room, rest: Room, used: Room) -> Room {
        let share = |max: usize, used: usize, limit: usize| (max.saturating_sub(used) / 16).min(limit);
        let batch_size = self.batch_size();
        let to_full_batch = batch_size - used.spans % batch_size;
        let spans =
            share(self.max.spans, used.spans, MAX_RESERVATION.spans).min(batch_size / 8).min(to_full_batch);
        let bytes = round_down(share(self.max.bytes, used.bytes, MAX_RESERVATION.bytes));
        let bytes = bytes.saturating_sub(rest.bytes).max(needed.bytes);
        Room { spans: if rest.spans == 0 { spans.max(1) } else { 0 }, bytes }
    }

    fn has_room(&self, used: Room) -> bool {
        used.spans <= self.max.spans && used.bytes <= self.max.bytes
    }

    /// Releases the room of `taken` spans, and the reserved room of their shard. The shard is
    /// locked, so that a thread that finds nothing in it sees the room as free.
    pub(super) fn release(&self, taken: Room, reserved: &mut Room) {
        let used = Used { room: taken.plus(*reserved), holders: usize::from(!reserved.is_empty()) };
        if used.bits() > 0 {
            self.used.fetch_sub(used.bits(), Ordering::Relaxed);
        }
        *reserved = Room::default();
    }

    /// Returns `true` if the queue may hold a full batch: the shards have reserved room for one,
    /// without room that is known to be `unused`.
    pub(super) fn may_have_full_batch(&self, unused: Room) -> bool {
        let Room { spans, bytes } = self.used().room;
        self.is_full_batch(Room {
            spans: spans.saturating_sub(unused.spans),
            bytes: bytes.saturating_sub(unused.bytes),
        })
    }

    /// Returns `true` if so many queued spans are a full batch.
    pub(super) fn is_full_batch(&self, queued: Room) -> bool {
        queued.spans >= self.full_batch.spans || queued.bytes >= self.full_batch.bytes
    }

    fn used(&self) -> Used {
        Used::from_bits(self.used.load(Ordering::Relaxed))
    }

    /// Returns the number of spans for which there is reserved room, if `queued` spans are queued.
    #[cfg(test)]
    pub(super) fn reserved_beyond(&self, queued: usize) -> usize {
        self.used().room.spans - queued
    }

    /// Returns `true` if no room is reserved.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.used().bits() == 0
    }

    pub(super) fn max_spans(&self) -> usize {
        self.max.spans
    }

    pub(super) fn batch_size(&self) -> usize {
        self.full_batch.spans
    }
}

impl Room {
    fn is_empty(self) -> bool {
        self.spans == 0 && self.bytes == 0
    }

    fn plus(self, other: Self) -> Self {
        Self { spans: self.spans + other.spans, bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn minus(self, other: Self) -> Self {
        Self { spans: self.spans - other.spans, bytes: self.bytes - other.bytes }
    }
}

impl Used {
    /// The most spans that a configuration allows.
    const MAX_SPANS: usize = 1 << 24;

    /// The most bytes that a configuration allows: 1 TiB.
    const MAX_BYTES: u64 = 1 << 40;

    const SPAN_BITS: u32 = 25;
    const HOLDER_BITS: u32 = 3;

    fn bits(self) -> u64 {
        let units = (self.room.bytes / SIZE_UNIT) as u64;
        let holders = self.holders as u64;
        (((units << Self::HOLDER_BITS) | holders) << Self::SPAN_BITS) | self.room.spans as u64
    }

    fn from_bits(bits: u64) -> Self {
        let low = |bits: u64, count: u32| (bits & ((1 << count) - 1)) as usize;
        let rest = bits >> Self::SPAN_BITS;
        let bytes = (rest >> Self::HOLDER_BITS) as usize * SIZE_UNIT;
        let room = Room { spans: low(bits, Self::SPAN_BITS), bytes };
        Self { room, holders: low(rest, Self::HOLDER_BITS) }
    }
}

/// Returns the largest size of a span up to `bytes`.
fn round_down(bytes: usize) -> usize {
    bytes / SIZE_UNIT * SIZE_UNIT
}

const _: () = assert!(SHARDS < 1 << Used::HOLDER_BITS);
