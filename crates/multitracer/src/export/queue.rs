//! The bounded queue between the threads that end spans and the worker that exports them, and the count of
//! what became of each span.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::exporter::Delivered;
use super::failure::{DropReason, Failure};
use super::size::size_of_span;
use super::tally::Tally;

/// A batch is full at this size too: receivers over gRPC take 4 MiB in one message unless told otherwise.
const BATCH_BYTES: usize = 3 << 20;

/// Ended spans, oldest first. Grows on demand up to its bounds.
#[derive(Debug)]
pub(crate) struct Queue {
    tracer: Arc<str>,
    state: Mutex<State>,
    max_size: usize,
    max_bytes: usize,
    batch_size: usize,
    /// Woken when the queue stops being empty and when it holds a full batch.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    spans: VecDeque<SpanData>,
    /// Beside the spans.
    sizes: VecDeque<usize>,
    /// The sum of the sizes.
    bytes: usize,
    /// Spans of the batch before: room for as many is made at once.
    last_batch: usize,
    /// When the oldest span was queued.
    since: Option<Instant>,
    closed: bool,
    /// Whether a span came after that.
    late: bool,
    /// What is in flight has been counted as lost, whatever becomes of it.
    abandoned: bool,
    tally: Tally,
}

impl Queue {
    /// The queue of the tracer of that name, of up to `max_size` spans and `max_bytes` bytes, given out `batch_size` at a
    /// time.
    pub(crate) fn new(tracer: Arc<str>, max_size: usize, max_bytes: usize, batch_size: usize) -> Self {
        let batch_size = batch_size.clamp(1, max_size.max(1));
        Self { tracer, state: Mutex::default(), max_size, max_bytes, batch_size, changed: Notify::new() }
    }

    /// Queues `span`, or counts it as dropped. Never waits for an export.
    pub(crate) fn push(&self, span: SpanData) {
        let size = size_of_span(&span);
        let mut state = self.lock();
        state.tally.ended += 1;
        if let Some(reason) = self.refusal(&state, size) {
            state.tally.dropped.add(reason, 1);
            let first_late = reason == DropReason::Shutdown && !std::mem::replace(&mut state.late, true);
            // the span is freed after the lock
            drop(state);
            if first_late {
                // nobody may ask for the counts any more
                let tracer = &*self.tracer;
                tracing::warn!(target: "multitracer", tracer, "a span ended after the shutdown and is lost; others may follow");
            }
            return;
        }
        let was_full = state.is_full(self.batch_size);
        if state.spans.is_empty() {
            let usual = state.last_batch;
            state.spans.reserve(usual);
            state.since = Some(Instant::now());
        }
        state.spans.push_back(span);
        state.sizes.push_back(size);
        state.bytes += size;
        let wake = state.spans.len() == 1 || (!was_full && state.is_full(self.batch_size));
        drop(state);
        if wake {
            self.changed.notify_one();
        }
    }

    fn refusal(&self, state: &State, size: usize) -> Option<DropReason> {
        if state.closed {
            Some(DropReason::Shutdown)
        } else if size > self.max_bytes {
            Some(DropReason::TooLarge)
        } else if state.spans.len() >= self.max_size || state.bytes + size > self.max_bytes {
            Some(DropReason::QueueFull)
        } else {
            None
        }
    }

    /// Takes up to one batch, which is in flight from now on.
    pub(crate) fn take_batch(&self) -> Vec<SpanData> {
        let mut state = self.lock();
        let (mut count, mut bytes) = (0, 0);
        for size in state.sizes.iter().take(self.batch_size) {
            if count > 0 && bytes + size > BATCH_BYTES {
                break;
            }
            count += 1;
            bytes += size;
        }
        state.bytes -= bytes;
        state.tally.in_flight += count as u64;
        state.last_batch = count;
        if count == state.spans.len() {
            // an idle tracer keeps no memory, and what was queued is not copied under the lock
            state.since = None;
            state.sizes = VecDeque::new();
            let all = std::mem::take(&mut state.spans);
            drop(state);
            return all.into();
        }
        state.since = Some(Instant::now());
        state.sizes.drain(..count);
        state.spans.drain(..count).collect()
    }

    /// Waits until a batch is full, or its oldest span is `delay` old.
    pub(crate) async fn batch_due(&self, delay: Duration) {
        loop {
            let (full, since) = {
                let state = self.lock();
                (state.is_full(self.batch_size), state.since)
            };
            match since {
                _ if full => return,
                None => self.changed.notified().await,
                Some(since) => tokio::select! {
                    () = tokio::time::sleep_until(since + delay) => return,
                    () = self.changed.notified() => {}
                },
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().spans.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Spans that the queue had no room for.
    pub(crate) fn refused(&self) -> u64 {
        let dropped = self.lock().tally.dropped;
        dropped.queue_full + dropped.too_large
    }

    pub(crate) fn ended(&self) -> u64 {
        self.lock().tally.ended
    }

    /// Refuses every later span.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    /// Counts the end of an export of so many spans, unless they were counted as lost before.
    pub(crate) fn settle(&self, spans: usize, took: Duration, outcome: &Result<Delivered, Failure>) {
        let mut state = self.lock();
        if !state.abandoned {
            state.tally.settle(spans, took, outcome);
        }
    }

    /// Counts everything that is queued or in flight as lost to the shutdown, and refuses what comes later.
    /// Says how many spans that were.
    pub(crate) fn abandon(&self) -> u64 {
        let mut state = self.lock();
        state.closed = true;
        state.abandoned = true;
        let in_flight = state.tally.in_flight;
        let lost = state.spans.len() as u64 + in_flight;
        state.tally.dropped.add(DropReason::Shutdown, lost);
        state.tally.dropped_by_exporter.add(DropReason::Shutdown, in_flight);
        state.tally.in_flight = 0;
        state.bytes = 0;
        state.since = None;
        state.sizes = VecDeque::new();
        let freed_after_the_lock = std::mem::take(&mut state.spans);
        drop(state);
        drop(freed_after_the_lock);
        lost
    }

    pub(crate) fn count_retry(&self) {
        self.lock().tally.retries += 1;
    }

    /// What has become of every span so far.
    pub(crate) fn tally(&self) -> Tally {
        let state = self.lock();
        Tally {
            queued: state.spans.len() as u64,
            queued_bytes: state.bytes as u64,
            queue_capacity: self.max_size as u64,
            ..state.tally.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_full(&self, batch_size: usize) -> bool {
        self.spans.len() >= batch_size || self.bytes >= BATCH_BYTES
    }
}

#[cfg(test)]
pub(super) mod tests;
