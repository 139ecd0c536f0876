//! The bounded queue between the threads that end spans and the worker that exports them, and the count of
//! what became of each span.
//!
//! A thread pushes into one of a few shards, so that threads rarely wait for each other; the worker takes from all of
//! them. Locks are taken in one order: what is settled first, then the shards from the first to the last.

mod shard;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;

use self::shard::{Room, Shard, shard_of_thread};
use super::outcome::{DropReason, ExportOutcome};
use super::size::size_of_span;
use super::stats::Counters;

/// A batch is full at this size too: receivers over gRPC take 4 MiB in one message unless told otherwise.
const BATCH_BYTES: usize = 3 << 20;

const SHARDS: usize = 4;

/// Ended spans, those of one thread oldest first. Grows on demand up to its bounds.
#[derive(Debug)]
pub(crate) struct Queue {
    tracer: Arc<str>,
    shards: [Shard; SHARDS],
    /// Of all shards together.
    level: Level,
    settled: Mutex<Settled>,
    /// Whether a span came after the end.
    late: AtomicBool,
    batch_size: usize,
    /// Woken when the queue stops being empty and when it holds a full batch.
    changed: Notify,
}

/// How full the queue is. Changed while a shard is locked, so that the sum is right whenever all are.
#[derive(Debug)]
struct Level {
    spans: AtomicUsize,
    bytes: AtomicUsize,
    max_spans: usize,
    max_bytes: usize,
}

/// What happened to spans after they were queued.
#[derive(Debug, Default)]
struct Settled {
    /// What is in flight has been counted as lost, whatever becomes of it.
    abandoned: bool,
    /// The shard that the next batch begins with.
    next: usize,
    tally: Counters,
}

impl Level {
    /// Takes a place, and says whether the worker is to be woken for it.
    fn enter(&self, size: usize, batch_size: usize) -> Result<bool, DropReason> {
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
            self.leave(1, size);
            return Err(DropReason::QueueFull);
        }
        let was_full = spans >= batch_size || bytes >= BATCH_BYTES;
        let is_full = spans + 1 >= batch_size || bytes + size >= BATCH_BYTES;
        Ok(spans == 0 || (is_full && !was_full))
    }

    fn leave(&self, spans: usize, bytes: usize) {
        self.spans.fetch_sub(spans, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Queue {
    /// The queue of the tracer of that name, of up to `max_size` spans and `max_bytes` bytes, given out `batch_size` at a
    /// time.
    pub(crate) fn new(tracer: Arc<str>, max_size: usize, max_bytes: usize, batch_size: usize) -> Self {
        Self {
            tracer,
            shards: Default::default(),
            level: Level {
                spans: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
                max_spans: max_size,
                max_bytes,
            },
            settled: Mutex::default(),
            late: AtomicBool::new(false),
            batch_size: batch_size.clamp(1, max_size.max(1)),
            changed: Notify::new(),
        }
    }

    /// Queues `span`, or counts it as dropped. Never waits for an export.
    pub(crate) fn push(&self, span: SpanData) {
        let size = size_of_span(&span);
        let Some(shard) = self.shards.get(shard_of_thread(SHARDS)) else { return };
        match shard.push(span, size, || self.level.enter(size, self.batch_size)) {
            Ok(true) => self.changed.notify_one(),
            Err(DropReason::Shutdown) if !self.late.swap(true, Ordering::Relaxed) => {
                // nobody may ask for the counts any more
                let tracer = &*self.tracer;
                tracing::warn!(target: "multitracer", tracer, "a span ended after the shutdown and is lost; others may follow");
            }
            Ok(false) | Err(_) => {}
        }
    }

    /// Takes up to one batch, which is in flight from now on.
    pub(crate) fn take_batch(&self) -> Vec<SpanData> {
        let mut chunks = Vec::new();
        let mut room = Room { spans: self.batch_size, bytes: BATCH_BYTES };
        let count = {
            let mut settled = self.settled();
            let first = settled.next;
            settled.next = (first + 1) % SHARDS;
            let (before, after) = self.shards.split_at(first.min(SHARDS));
            for shard in after.iter().chain(before) {
                let (spans, bytes) = shard.take(&mut room, &mut chunks);
                self.level.leave(spans, bytes);
                if room.is_used_up() {
                    break;
                }
            }
            let count = self.batch_size - room.spans;
            settled.tally.in_flight += count as u64;
            count
        };
        // copied together where nobody waits
        let mut chunks = chunks.into_iter();
        let mut batch = chunks.next().unwrap_or_default();
        if batch.len() < count {
            batch.reserve_exact(count - batch.len());
        }
        for mut chunk in chunks {
            batch.append(&mut chunk);
        }
        batch
    }

    /// Waits until a batch is full, or its oldest span is `delay` old.
    pub(crate) async fn batch_due(&self, delay: Duration) {
        loop {
            if self.is_full() {
                return;
            }
            match self.shards.iter().filter_map(Shard::since).min() {
                None => self.changed.notified().await,
                Some(since) => tokio::select! {
                    () = tokio::time::sleep_until(since + delay) => return,
                    () = self.changed.notified() => {}
                },
            }
        }
    }

    fn is_full(&self) -> bool {
        self.len() >= self.batch_size || self.level.bytes.load(Ordering::Relaxed) >= BATCH_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.level.spans.load(Ordering::Relaxed)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Spans that the queue had no room for.
    pub(crate) fn refused(&self) -> u64 {
        self.shards.iter().map(Shard::refused).sum()
    }

    pub(crate) fn ended(&self) -> u64 {
        self.shards.iter().map(Shard::ended).sum()
    }

    /// Refuses every later span.
    pub(crate) fn close(&self) {
        for shard in &self.shards {
            shard.close();
        }
    }

    /// Counts the end of an export of so many spans, unless they were counted as lost before.
    pub(crate) fn complete(&self, spans: usize, took: Duration, outcome: &ExportOutcome) {
        let mut settled = self.settled();
        if !settled.abandoned {
            settled.tally.complete(spans, took, outcome);
        }
    }

    /// Counts everything that is queued or in flight as lost to the shutdown, and refuses what comes later.
    /// Says how many spans that were.
    pub(crate) fn abandon(&self) -> u64 {
        let mut freed_after_the_locks = Vec::new();
        let mut settled = self.settled();
        settled.abandoned = true;
        let mut queued = 0;
        for shard in &self.shards {
            shard.close();
            let (spans, bytes) = shard.take(&mut Room::any(), &mut freed_after_the_locks);
            self.level.leave(spans, bytes);
            queued += spans as u64;
        }
        let in_flight = settled.tally.in_flight;
        settled.tally.dropped.add(DropReason::Shutdown, queued + in_flight);
        settled.tally.dropped_by_exporter.add(DropReason::Shutdown, in_flight);
        settled.tally.in_flight = 0;
        drop(settled);
        queued + in_flight
    }

    pub(crate) fn count_retry(&self) {
        self.settled().tally.retries += 1;
    }

    /// What has become of every span so far.
    pub(crate) fn counters(&self) -> Counters {
        let settled = self.settled();
        let shards: Vec<_> = self.shards.iter().map(Shard::locked).collect();
        let mut tally = settled.tally.clone();
        for shard in &shards {
            shard.add_to(&mut tally);
        }
        tally.queue_capacity = self.level.max_spans as u64;
        tally
    }

    fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests;
