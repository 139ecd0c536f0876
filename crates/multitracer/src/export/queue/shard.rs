//! A shard of the queue, for the threads that push into it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::trace::SpanData;
use tokio::time::Instant;

use crate::export::outcome::DropReason;
use crate::export::stats::{Counters, DropCounts};

/// Maximum number of spans in one allocation. A growing queue therefore copies few spans.
const MAX_CHUNK_SPANS: usize = 64;

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
    /// Time at which the oldest span was queued.
    oldest: Option<Instant>,
    is_closed: bool,
    ended: u64,
    dropped: DropCounts,
    /// Initial capacity of the first chunk: the number of spans that were taken last.
    first_capacity: usize,
}

#[derive(Debug)]
struct Chunk {
    spans: Vec<SpanData>,
    /// Size of each span, in the order of `spans`.
    sizes: Vec<usize>,
    bytes: usize,
}

/// The number of spans and bytes that a batch can still take.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) spans: usize,
    pub(super) bytes: usize,
}

/// The number of spans and bytes that were taken from a shard.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) spans: usize,
    pub(super) bytes: usize,
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
pub(super) fn shard_of_thread(shards: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static INDEX: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // a span may end while its thread ends, after the thread-local is gone
    INDEX.try_with(|index| index % shards).unwrap_or(0)
}

impl Shard {
    /// Counts `span`, and queues it if `reserve` succeeds. Returns the result of `reserve`.
    pub(super) fn push(
        &self,
        span: SpanData,
        size: usize,
        reserve: impl FnOnce() -> Result<bool, DropReason>,
    ) -> Result<bool, DropReason> {
        let mut state = self.lock();
        state.ended += 1;
        let reserved = if state.is_closed { Err(DropReason::Shutdown) } else { reserve() };
        match reserved {
            Ok(_) => state.add(span, size),
            Err(reason) => {
                state.dropped.add(reason, 1);
                // the span is freed after the lock is released
                drop(state);
            }
        }
        reserved
    }

    /// Moves spans to `chunks`, as many as `budget` allows.
    pub(super) fn take(&self, budget: &mut Budget, chunks: &mut Vec<Vec<SpanData>>) -> Taken {
        let mut state = self.lock();
        let mut taken = Taken::default();
        while let Some(chunk) = state.chunks.front_mut() {
            let Some((spans, bytes)) = chunk.take(budget, chunks.is_empty()) else { break };
            taken.spans += spans.len();
            taken.bytes += bytes;
            chunks.push(spans);
            if chunk.spans.is_empty() {
                state.chunks.pop_front();
            }
        }
        if taken.spans > 0 {
            state.first_capacity = taken.spans.min(MAX_CHUNK_SPANS);
            state.oldest = (!state.chunks.is_empty()).then(Instant::now);
        }
        if state.chunks.is_empty() {
            // frees the memory of an idle tracer
            state.chunks = VecDeque::new();
        }
        taken
    }

    /// Returns the time at which the oldest span was queued.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.lock().oldest
    }

    pub(super) fn ended(&self) -> u64 {
        self.lock().ended
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
    fn add(&mut self, span: SpanData, size: usize) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.spans.len() < MAX_CHUNK_SPANS && chunk.bytes < MAX_CHUNK_BYTES => {
                chunk.add(span, size);
            }
            last => {
                let capacity = if last.is_some() { MAX_CHUNK_SPANS } else { self.first_capacity };
                let mut chunk = Chunk {
                    spans: Vec::with_capacity(capacity),
                    sizes: Vec::with_capacity(capacity),
                    bytes: 0,
                };
                chunk.add(span, size);
                self.oldest.get_or_insert_with(Instant::now);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// Adds the counts of this shard to `counters`.
    pub(super) fn add_to(&self, counters: &mut Counters) {
        counters.ended += self.ended;
        counters.dropped.merge(self.dropped);
        counters.queued += self.chunks.iter().map(|chunk| chunk.spans.len() as u64).sum::<u64>();
        counters.queued_bytes += self.chunks.iter().map(|chunk| chunk.bytes as u64).sum::<u64>();
    }
}

impl Chunk {
    fn add(&mut self, span: SpanData, size: usize) {
        self.spans.push(span);
        self.sizes.push(size);
        self.bytes += size;
    }

    /// Takes the spans that fit `budget`, and their size. Takes at least one if
    /// `is_first_of_batch`, because a span that is larger than a batch is exported alone.
    fn take(&mut self, budget: &mut Budget, is_first_of_batch: bool) -> Option<(Vec<SpanData>, usize)> {
        if self.spans.len() <= budget.spans && self.bytes <= budget.bytes {
            budget.spans -= self.spans.len();
            budget.bytes -= self.bytes;
            self.sizes = Vec::new();
            return Some((std::mem::take(&mut self.spans), std::mem::take(&mut self.bytes)));
        }
        let (mut count, mut bytes) = (0, 0);
        for size in self.sizes.iter().take(budget.spans) {
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
        self.sizes.drain(..count);
        self.bytes -= bytes;
        Some((std::mem::replace(&mut self.spans, rest), bytes))
    }
}
