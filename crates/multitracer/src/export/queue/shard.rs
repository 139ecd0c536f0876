//! A part of the queue, of the threads that push into it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::trace::SpanData;
use tokio::time::Instant;

use super::super::outcome::DropReason;
use super::super::stats::{Counters, DropCounts};

/// Spans of one allocation, at most. A queue that grows copies no more than these.
const CHUNK_SPANS: usize = 64;

/// A chunk takes no further span at this size.
const CHUNK_BYTES: usize = 256 << 10;

/// On a cache line of its own, so that threads do not disturb each other.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Shard(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    chunks: VecDeque<Chunk>,
    /// When the oldest span was queued.
    since: Option<Instant>,
    closed: bool,
    ended: u64,
    dropped: DropCounts,
    /// Room that is made at once in the first chunk: as much as was taken last.
    usual: usize,
}

#[derive(Debug)]
struct Chunk {
    spans: Vec<SpanData>,
    /// Beside the spans.
    sizes: Vec<usize>,
    bytes: usize,
}

/// What may still be taken.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) spans: usize,
    pub(super) bytes: usize,
}

impl Room {
    pub(super) fn any() -> Self {
        Self { spans: usize::MAX, bytes: usize::MAX }
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.spans == 0 || self.bytes == 0
    }
}

/// The shard of this thread, among so many.
pub(super) fn shard_of_thread(shards: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // a span may end while its thread does
    MINE.try_with(|mine| mine % shards).unwrap_or(0)
}

impl Shard {
    /// Counts `span`, and queues it if `enter` lets it in.
    pub(super) fn push(
        &self,
        span: SpanData,
        size: usize,
        enter: impl FnOnce() -> Result<bool, DropReason>,
    ) -> Result<bool, DropReason> {
        let mut state = self.locked();
        state.ended += 1;
        let wake = if state.closed { Err(DropReason::Shutdown) } else { enter() };
        match wake {
            Ok(_) => state.add(span, size),
            Err(reason) => {
                state.dropped.add(reason, 1);
                // the span is freed after the lock
                drop(state);
            }
        }
        wake
    }

    /// Moves what there is room for to `chunks`; says how many spans and bytes that were.
    pub(super) fn take(&self, room: &mut Room, chunks: &mut Vec<Vec<SpanData>>) -> (usize, usize) {
        let mut state = self.locked();
        let (mut spans, mut bytes) = (0, 0);
        while let Some(chunk) = state.chunks.front_mut() {
            let part = chunk.take(room, chunks.is_empty());
            let Some((taken, size)) = part else { break };
            spans += taken.len();
            bytes += size;
            chunks.push(taken);
            if chunk.spans.is_empty() {
                state.chunks.pop_front();
            }
        }
        if spans > 0 {
            state.usual = spans.min(CHUNK_SPANS);
            state.since = (!state.chunks.is_empty()).then(Instant::now);
        }
        if state.chunks.is_empty() {
            // an idle tracer keeps no memory
            state.chunks = VecDeque::new();
        }
        (spans, bytes)
    }

    /// When the oldest span was queued, if there is any.
    pub(super) fn since(&self) -> Option<Instant> {
        self.locked().since
    }

    pub(super) fn ended(&self) -> u64 {
        self.locked().ended
    }

    /// Spans that there was no room for.
    pub(super) fn refused(&self) -> u64 {
        let dropped = self.locked().dropped;
        dropped.queue_full + dropped.too_large
    }

    pub(super) fn close(&self) {
        self.locked().closed = true;
    }

    pub(super) fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, span: SpanData, size: usize) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.spans.len() < CHUNK_SPANS && chunk.bytes < CHUNK_BYTES => {
                chunk.add(span, size);
            }
            last => {
                let room = if last.is_some() { CHUNK_SPANS } else { self.usual };
                let mut chunk =
                    Chunk { spans: Vec::with_capacity(room), sizes: Vec::with_capacity(room), bytes: 0 };
                chunk.add(span, size);
                self.since.get_or_insert_with(Instant::now);
                self.chunks.push_back(chunk);
            }
        }
    }

    pub(super) fn add_to(&self, tally: &mut Counters) {
        tally.ended += self.ended;
        tally.dropped.merge(self.dropped);
        tally.queued += self.chunks.iter().map(|chunk| chunk.spans.len() as u64).sum::<u64>();
        tally.queued_bytes += self.chunks.iter().map(|chunk| chunk.bytes as u64).sum::<u64>();
    }
}

impl Chunk {
    fn add(&mut self, span: SpanData, size: usize) {
        self.spans.push(span);
        self.sizes.push(size);
        self.bytes += size;
    }

    /// The spans that there is room for, from the first; at least one if `first` of all.
    fn take(&mut self, room: &mut Room, first: bool) -> Option<(Vec<SpanData>, usize)> {
        if self.spans.len() <= room.spans && self.bytes <= room.bytes {
            room.spans -= self.spans.len();
            room.bytes -= self.bytes;
            self.sizes = Vec::new();
            return Some((std::mem::take(&mut self.spans), std::mem::take(&mut self.bytes)));
        }
        let (mut count, mut bytes) = (0, 0);
        for size in self.sizes.iter().take(room.spans) {
            let with = bytes + size;
            if with > room.bytes && !(first && count == 0) {
                break;
            }
            bytes = with;
            count += 1;
        }
        if count == 0 {
            room.bytes = 0;
            return None;
        }
        room.spans -= count;
        // what is left was too much: the batch is full
        room.bytes = if count == self.spans.len() { room.bytes.saturating_sub(bytes) } else { 0 };
        let left = self.spans.split_off(count);
        self.sizes.drain(..count);
        self.bytes -= bytes;
        Some((std::mem::replace(&mut self.spans, left), bytes))
    }
}
