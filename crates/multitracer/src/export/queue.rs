//! The bounded queue between the threads that end spans and the worker that exports them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Ended spans, oldest first. Grows on demand up to its bound.
#[derive(Debug)]
pub(crate) struct Queue {
    spans: Mutex<State>,
    max_size: usize,
    batch_size: usize,
    /// Woken when the queue stops being empty and when it holds a full batch.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    spans: VecDeque<SpanData>,
    /// When the oldest span was queued.
    since: Option<Instant>,
    closed: bool,
}

/// Why a span was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    Closed,
}

impl Queue {
    pub(crate) fn new(max_size: usize, batch_size: usize) -> Self {
        let batch_size = batch_size.clamp(1, max_size.max(1));
        Self { spans: Mutex::default(), max_size, batch_size, changed: Notify::new() }
    }

    /// Queues `span`, or says why not. Never waits for an export.
    pub(crate) fn push(&self, span: SpanData) -> Result<(), Refused> {
        let len = {
            let mut state = self.lock();
            if state.closed {
                return Err(Refused::Closed);
            }
            if state.spans.len() >= self.max_size {
                return Err(Refused::Full);
            }
            state.spans.push_back(span);
            if state.since.is_none() {
                state.since = Some(Instant::now());
            }
            state.spans.len()
        };
        if len == 1 || len == self.batch_size {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Takes up to one batch.
    pub(crate) fn take_batch(&self) -> Vec<SpanData> {
        let mut state = self.lock();
        let n = state.spans.len().min(self.batch_size);
        let batch = state.spans.drain(..n).collect();
        state.since = (!state.spans.is_empty()).then(Instant::now);
        batch
    }

    /// Waits until a batch is full, or its oldest span is `delay` old.
    pub(crate) async fn batch_due(&self, delay: Duration) {
        loop {
            let (len, since) = {
                let state = self.lock();
                (state.spans.len(), state.since)
            };
            match since {
                _ if len >= self.batch_size => return,
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

    /// Refuses every later span.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
