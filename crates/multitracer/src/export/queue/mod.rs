//! The bounded queue between the threads that end spans and the worker that exports them.
//!
//! A thread pushes into one of a few shards, so threads rarely wait for each other. The worker
//! takes from all shards. The export state is locked first, then the shards in their order.
//!
//! # No wake-up is lost
//!
//! - **An idle worker.** The worker sets `is_idle`, then looks at every shard under its lock. A
//!   thread adds its span under that lock, then reads `is_idle`. If the thread had the lock first,
//!   the worker sees the span. If the worker had it first, the thread sees `is_idle`. A shard that
//!   was not empty needs no wake-up: the thread of its first span gives it.
//! - **A deadline.** While a span is queued, the worker sleeps until `delay` after the time of the
//!   oldest chunk. A chunk keeps its time when a part of it is taken.
//! - **A full batch.** [`Level`] counts a span before it is queued, so it is never too low. A
//!   thread that reserves room, or uses its last, wakes the worker if `Level` has a full batch.
//!   Other spans of a shard wake nobody. Therefore a full batch can wait until a shard has used its
//!   reserved room: at most an eighth of a batch or 64 KiB each, and not longer than `delay`.
//! - **A wake-up that comes too early** is kept by [`Notify`], also while the worker does other
//!   things. It then looks at the queue once more.
//!
//! The models in `models.rs` run this code in many orders of the threads' steps. Each has two
//! shards and up to three threads, and a model of [`Notify`].

mod chunks;
mod level;
#[cfg(all(test, multitracer_loom))]
mod models;
mod shard;
mod sync;

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use self::level::{Level, MAX_BATCH_BYTES, Room};
use self::shard::{Budget, Push, Shard};
use self::sync::{AtomicBool, Mutex, MutexGuard, Notify, SHARDS, sleep, sleep_until};
use super::batch::Batch;
use super::outcome::{DropReason, ExportOutcome};
use super::stats::Counters;
use crate::record::SpanRecord;

pub(super) use self::chunks::give_back_chunk;
pub(super) use self::shard::shard_of_thread;

/// Time for which the worker looks at an empty queue again by itself, before it is idle.
const LINGER: Duration = Duration::from_millis(50);

/// A bounded queue of ended spans, with the counts of every span that entered it.
///
/// Spans of one thread keep their order. Memory grows on demand up to the limits.
#[derive(Debug)]
pub(crate) struct Queue {
    tracer: Arc<str>,
    shards: [Shard; SHARDS],
    level: Level,
    export_state: Mutex<ExportState>,
    /// `true` once a log line has reported a span after the shutdown.
    has_warned_of_late_span: AtomicBool,
    /// `true` while the worker sleeps until a span is queued. To wake it costs the thread of the
    /// span a system call.
    is_idle: AtomicBool,
    /// Wakes the worker when it is idle and a span is queued, and when a batch is full.
    changed: Notify,
}

/// A place in the order of a queue's spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark([u64; SHARDS]);

/// The state of the spans that left the shards.
#[derive(Debug, Default)]
struct ExportState {
    /// `true` once the spans in flight are counted as dropped, whatever the outcome of their
    /// export.
    is_abandoned: bool,
    /// The shard from which the next batch is taken first.
    next_shard: usize,
    counters: Counters,
}

impl Queue {
    /// Creates the queue of a tracer, for up to `max_spans` spans and `max_bytes` bytes. A batch
    /// has at most `batch_size` spans.
    pub(crate) fn new(tracer: Arc<str>, max_spans: usize, max_bytes: usize, batch_size: usize) -> Self {
        Self {
            tracer,
            shards: Default::default(),
            level: Level::new(max_spans, max_bytes, batch_size),
            export_state: Mutex::default(),
            has_warned_of_late_span: AtomicBool::new(false),
            is_idle: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Queues the data of a span, or counts the span as dropped and leaves its data. Never waits
    /// for an export.
    pub(crate) fn push(&self, record: &mut SpanRecord) {
        self.push_into(self.shard(), record, false);
    }

    fn push_into(&self, shard: &Shard, record: &mut SpanRecord, is_last_try: bool) {
        match shard.push(record, &self.level, is_last_try) {
            Push::NoFreeRoom => {
                for other in &self.shards {
                    other.give_back(&self.level);
                }
                self.push_into(shard, record, true);
            }
            Push::QueuedFirst => {
                if self.is_idle.load(Ordering::Relaxed) {
                    self.is_idle.store(false, Ordering::Relaxed);
                    self.changed.notify_one();
                }
            }
            Push::QueuedAndDue => self.changed.notify_one(),
            Push::Dropped(DropReason::Shutdown)
                if !self.has_warned_of_late_span.swap(true, Ordering::Relaxed) =>
            {
                // a log line, because the counts may have been reported already
                let tracer = &*self.tracer;
                tracing::warn!(target: "multitracer", tracer, "a span ended after the shutdown and is lost; others may follow");
            }
            Push::Queued | Push::Dropped(_) => {}
        }
    }

    /// Takes up to one batch. Its spans are in flight until [`complete`](Self::complete).
    pub(crate) fn take_batch(&self) -> Batch {
        let mut chunks = Vec::new();
        let mut budget = Budget { spans: self.level.batch_size(), bytes: MAX_BATCH_BYTES };
        let mut state = self.export_state();
        let first = state.next_shard;
        state.next_shard = (first + 1) % SHARDS;
        let (before, after) = self.shards.split_at(first.min(SHARDS));
        for shard in after.iter().chain(before) {
            state.counters.in_flight += shard.take(&mut budget, &mut chunks, &self.level) as u64;
            if budget.is_used_up() {
                break;
            }
        }
        drop(state);
        Batch::new(chunks)
    }

    /// Waits until a batch is full, or the oldest queued span is `delay` old. A full batch may be
    /// noticed up to half a batch later, but within `delay`.
    pub(crate) async fn batch_due(&self, delay: Duration) {
        let mut has_lingered = false;
        loop {
            if self.has_full_batch() {
                return;
            }
            match self.oldest() {
                Some(oldest) => tokio::select! {
                    biased;
                    () = sleep_until(oldest, delay) => return,
                    () = self.changed.notified() => {}
                },
                None if !has_lingered => {
                    tokio::select! {
                        biased;
                        () = sleep(delay.min(LINGER)) => {}
                        () = self.changed.notified() => {}
                    }
                    has_lingered = true;
                }
                None => {
                    self.is_idle.store(true, Ordering::Relaxed);
                    // a span that was queued before did not wake the worker
                    if self.oldest().is_none() {
                        self.changed.notified().await;
                    }
                    self.is_idle.store(false, Ordering::Relaxed);
                }
            }
        }
    }

    /// Returns the time at which the oldest span was queued.
    fn oldest(&self) -> Option<Instant> {
        self.shards.iter().filter_map(Shard::oldest).min()
    }

    /// Returns the shard of the current thread.
    fn shard(&self) -> &Shard {
        &self.shards[shard_of_thread(SHARDS)]
    }

    fn has_full_batch(&self) -> bool {
        self.level.may_have_full_batch(Room::default()) && self.level.is_full_batch(self.queued())
    }

    fn queued(&self) -> Room {
        self.shards.iter().map(Shard::queued).fold(Room::default(), |sum, shard| Room {
            spans: sum.spans + shard.spans,
            bytes: sum.bytes + shard.bytes,
        })
    }

    /// Returns the number of queued spans.
    pub(crate) fn len(&self) -> usize {
        self.queued().spans
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the place behind the spans that are queued now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(std::array::from_fn(|shard| self.shards[shard].accepted()))
    }

    /// Returns `true` if every span in front of `mark` has been taken.
    pub(crate) fn has_taken(&self, mark: &Mark) -> bool {
        self.shards.iter().zip(mark.0).all(|(shard, mark)| shard.taken() >= mark)
    }

    /// Returns the number of spans that were dropped because the queue was full.
    pub(crate) fn refused(&self) -> u64 {
        self.shards.iter().map(Shard::refused).sum()
    }

    /// Returns the number of spans that ended, queued or not.
    pub(crate) fn ended(&self) -> u64 {
        self.shards.iter().map(Shard::ended).sum()
    }

    /// Refuses every later span.
    pub(crate) fn close(&self) {
        for shard in &self.shards {
            shard.close();
        }
    }

    /// Counts the outcome of a batch of `spans` spans, unless the batch was abandoned.
    pub(crate) fn complete(&self, spans: usize, elapsed: Duration, outcome: &ExportOutcome) {
        let mut state = self.export_state();
        if !state.is_abandoned {
            state.counters.complete(spans, elapsed, outcome);
        }
    }

    /// Refuses every later span, and counts all queued spans and those in flight as dropped.
    ///
    /// Returns the number of these spans.
    pub(crate) fn abandon(&self) -> u64 {
        let mut freed_after_the_locks = Vec::new();
        let mut state = self.export_state();
        state.is_abandoned = true;
        let mut queued = 0;
        for shard in &self.shards {
            shard.close();
            queued += shard.take(&mut Budget::unlimited(), &mut freed_after_the_locks, &self.level) as u64;
        }
        let in_flight = state.counters.in_flight;
        state.counters.dropped.add(DropReason::Shutdown, queued + in_flight);
        state.counters.dropped_by_exporter.add(DropReason::Shutdown, in_flight);
        state.counters.in_flight = 0;
        drop(state);
        queued + in_flight
    }

    /// Counts one more attempt of an export.
    pub(crate) fn count_retry(&self) {
        self.export_state().counters.retries += 1;
    }

    /// Returns the counts of all spans so far.
    pub(crate) fn counters(&self) -> Counters {
        let state = self.export_state();
        let shards: Vec<_> = self.shards.iter().map(Shard::lock).collect();
        let mut counters = state.counters.clone();
        for shard in &shards {
            shard.add_to(&mut counters);
        }
        counters.queue_capacity = self.level.max_spans() as u64;
        counters
    }

    fn export_state(&self) -> MutexGuard<'_, ExportState> {
        self.export_state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(super) mod tests;
