//! A shard of the queue, for the threads that push into it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::chunks::{MAX_CHUNK_SPANS, empty_chunk};
use super::level::{Level, Refusal, Room};
use super::sync::{Mutex, MutexGuard};
use crate::export::outcome::DropReason;
use crate::export::stats::{Counters, DropCounts};
use crate::record::{RecordChunk, SpanRecord};

/// Size in bytes from which a chunk takes no further span.
const MAX_CHUNK_BYTES: usize = 256 << 10;

/// A shard, aligned to its own cache line to avoid false sharing.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Shard(Mutex<State>);

/// The contents of a locked shard.
#[derive(Debug, Default)]
pub(super) struct State {
    chunks: VecDeque<Chunk>,
    /// The spans in `chunks`.
    queued: Room,
    /// Reserved room that no span uses yet.
    reserved: Room,
    is_closed: bool,
    ended: u64,
    dropped: DropCounts,
    /// Initial capacity of the first chunk: the number of spans that were taken last.
    first_capacity: usize,
}

#[derive(Debug)]
struct Chunk {
    spans: RecordChunk,
    bytes: usize,
    /// Time at which the first span was queued, even if that span was taken since.
    since: Instant,
}

/// The number of spans and bytes that a batch can still take.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) spans: usize,
    pub(super) bytes: usize,
}

/// The outcome of pushing a span.
#[derive(Debug)]
pub(super) enum Push {
    Queued,
    /// The span is queued in an empty shard.
    QueuedFirst,
    /// The span is queued, and a batch may be full.
    QueuedAndDue,
    Dropped(DropReason),
    /// The queue is full, except for room that other shards have reserved.
    NoFreeRoom,
}

impl Budget {
    pub(super) fn unlimited() -> Self {
        Self { spans: usize::MAX, bytes: usize::MAX }
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.spans == 0 || self.bytes == 0
    }
}

/// Returns the index of the current thread's shard, out of `shards`.
#[inline]
pub(in crate::export) fn shard_of_thread(shards: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        // without a destructor, so that a span can end while its thread ends
        static INDEX: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let mut index = INDEX.get();
    if index == usize::MAX {
        index = NEXT.fetch_add(1, Ordering::Relaxed);
        INDEX.set(index);
    }
    index % shards
}

impl Shard {
    /// Counts a span, and moves its data into the queue if there is room. On the last try, only
    /// free room counts.
    pub(super) fn push(&self, record: &mut SpanRecord, level: &Level, is_last_try: bool) -> Push {
        let size = record.size();
        let mut state = self.lock();
        state.ended += 1;
        match state.use_room(size, level) {
            Ok(is_new) => {
                let was_empty = state.queued.spans == 0;
                state.add(record, size);
                let may_be_full = is_new || state.reserved.spans == 0;
                match (may_be_full && level.may_have_full_batch(state.reserved), was_empty) {
                    (true, _) => Push::QueuedAndDue,
                    (false, true) => Push::QueuedFirst,
                    (false, false) => Push::Queued,
                }
            }
            Err(Refusal::Reserved) if !is_last_try => {
                state.ended -= 1;
                Push::NoFreeRoom
            }
            Err(refusal) => {
                let reason = match refusal {
                    Refusal::Reserved => DropReason::QueueFull,
                    Refusal::Drop(reason) => reason,
                };
                state.dropped.add(reason, 1);
                Push::Dropped(reason)
            }
        }
    }

    /// Moves spans to `chunks`, as many as `budget` allows.
    pub(super) fn take(&self, budget: &mut Budget, chunks: &mut Vec<RecordChunk>, level: &Level) -> usize {
        let mut guard = self.lock();
        let state = &mut *guard;
        let mut taken = Room::default();
        while let Some(chunk) = state.chunks.front_mut() {
            let Some((spans, bytes)) = chunk.take(budget, chunks.is_empty()) else { break };
            if chunk.spans.is_empty() {
                state.chunks.pop_front();
            }
            state.queued.spans -= spans.len();
            state.queued.bytes -= bytes;
            taken.spans += spans.len();
            taken.bytes += bytes;
            chunks.push(spans);
        }
        level.release(taken, &mut state.reserved);
        if taken.spans > 0 {
            state.first_capacity = taken.spans.min(MAX_CHUNK_SPANS);
        }
        if state.chunks.is_empty() {
            // frees the memory of an idle tracer
            state.chunks = VecDeque::new();
        }
        taken.spans
    }

    /// Returns the time at which the oldest span was queued, or a time before it.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.lock().chunks.front().map(|chunk| chunk.since)
    }

    /// Returns the number and the size of the queued spans.
    pub(super) fn queued(&self) -> Room {
        self.lock().queued
    }

    /// Releases reserved room, for another shard.
    pub(super) fn give_back(&self, level: &Level) {
        level.release(Room::default(), &mut self.lock().reserved);
    }

    pub(super) fn ended(&self) -> u64 {
        self.lock().ended
    }

    /// Returns the number of spans that were ever queued.
    pub(super) fn accepted(&self) -> u64 {
        self.lock().accepted()
    }

    /// Returns the number of queued spans that have left the shard.
    pub(super) fn taken(&self) -> u64 {
        let state = self.lock();
        state.accepted() - state.queued.spans as u64
    }

    /// Returns the number of spans for which the queue had no room.
    pub(super) fn refused(&self) -> u64 {
        let dropped = self.lock().dropped;
        dropped.queue_full + dropped.too_large
    }

    /// Refuses every later span.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Uses room for a span of `size` bytes. Returns `true` if new room was reserved.
    fn use_room(&mut self, size: usize, level: &Level) -> Result<bool, Refusal> {
        if self.is_closed {
            return Err(Refusal::Drop(DropReason::Shutdown));
        }
        level.use_room(&mut self.reserved, size)
    }

    fn accepted(&self) -> u64 {
        self.ended - self.dropped.total()
    }

    fn add(&mut self, record: &mut SpanRecord, size: usize) {
        self.queued.spans += 1;
        self.queued.bytes += size;
        match self.chunks.back_mut() {
            Some(chunk) if chunk.spans.len() < MAX_CHUNK_SPANS && chunk.bytes < MAX_CHUNK_BYTES => {
                chunk.add(record, size);
            }
            last => {
                let capacity = if last.is_some() { MAX_CHUNK_SPANS } else { self.first_capacity };
                let mut chunk = Chunk { spans: empty_chunk(capacity), bytes: 0, since: Instant::now() };
                chunk.add(record, size);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// Adds the counts of this shard to `counters`.
    pub(super) fn add_to(&self, counters: &mut Counters) {
        counters.ended += self.ended;
        counters.dropped.merge(self.dropped);
        counters.queued += self.queued.spans as u64;
        counters.queued_bytes += self.queued.bytes as u64;
    }
}

impl Chunk {
    #[inline]
    fn add(&mut self, record: &mut SpanRecord, size: usize) {
        self.bytes += size;
        self.spans.push(record);
    }

    /// Takes the spans that fit `budget`, and returns them with their size. Takes at least one if
    /// `is_first_of_batch`, because a span that is larger than a batch is exported alone.
    fn take(&mut self, budget: &mut Budget, is_first_of_batch: bool) -> Option<(RecordChunk, usize)> {
        if self.spans.len() <= budget.spans && self.bytes <= budget.bytes {
            budget.spans -= self.spans.len();
            budget.bytes -= self.bytes;
            return Some((std::mem::take(&mut self.spans), std::mem::take(&mut self.bytes)));
        }
        let (mut count, mut bytes) = (0, 0);
        for size in self.spans.sizes().take(budget.spans) {
            let sum = bytes + size;
            if sum > budget.bytes && !(is_first_of_batch && count == 0) {
                break;
            }
            bytes = sum;
            count += 1;
        }
        if count == 0 {
            budget.bytes = 0;
            return None;
        }
        budget.spans -= count;
        // if spans remain, the next one does not fit, so the batch is full
        budget.bytes = if count == self.spans.len() { budget.bytes.saturating_sub(bytes) } else { 0 };
        let rest = self.spans.split_off(count);
        self.bytes -= bytes;
        Some((std::mem::replace(&mut self.spans, rest), bytes))
    }
}
