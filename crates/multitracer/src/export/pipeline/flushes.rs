//! The flushes that a worker has not answered yet.

use std::collections::HashMap;

use tokio::task::Id;

use super::results::{Done, Failure, Outcome};
use crate::export::queue::{Mark, Queue};

/// The exports that run, and the flushes that wait for them.
///
/// A flush waits for the exports of all spans that were queued before it, and for no later ones.
/// The worker goes on meanwhile.
#[derive(Debug, Default)]
pub(super) struct Flushes {
    waiting: Vec<Flush>,
    /// The place in the queue up to which spans are exported now, also if the flush is given up.
    requested: Option<Mark>,
    /// The numbers of the exports that run.
    running: HashMap<Id, u64>,
    next_export: u64,
}

#[derive(Debug)]
struct Flush {
    done: Done,
    /// The place in the queue at the time of the flush.
    mark: Mark,
    /// The number of the first export that this flush does not wait for; `None` while a span in
    /// front of the mark is queued.
    end: Option<u64>,
    outcome: Outcome,
}

impl Flush {
    fn waits_for(&self, export: u64) -> bool {
        self.end.is_none_or(|end| export < end)
    }
}

impl Flushes {
    pub(super) fn add(&mut self, queue: &Queue, done: Done) {
        let mark = queue.mark();
        self.requested = Some(mark);
        self.waiting.push(Flush { done, mark, end: None, outcome: Ok(()) });
    }

    /// Notes that an export has started.
    pub(super) fn export_started(&mut self, export: Id) {
        self.running.insert(export, self.next_export);
        self.next_export += 1;
    }

    /// Notes the outcome of an export.
    pub(super) fn export_ended(&mut self, export: Id, outcome: &Outcome) {
        let Some(number) = self.running.remove(&export) else { return };
        for flush in self.waiting.iter_mut().filter(|flush| flush.waits_for(number)) {
            if flush.outcome.is_ok() {
                flush.outcome.clone_from(outcome);
            }
        }
    }

    /// Returns `true` if spans in front of the last flush are still queued.
    pub(super) fn want_exports(&mut self, queue: &Queue) -> bool {
        for flush in self.waiting.iter_mut().filter(|flush| flush.end.is_none()) {
            flush.end = queue.has_taken(&flush.mark).then_some(self.next_export);
        }
        self.requested.take_if(|mark| queue.has_taken(mark));
        self.requested.is_some()
    }

    /// Answers the flushes whose exports have ended, and forgets those that were given up.
    pub(super) fn answer_complete(&mut self) {
        let running = &self.running;
        self.waiting.retain(|flush| flush.done.is_wanted());
        let is_complete = |flush: &mut Flush| {
            flush.end.is_some() && !running.values().any(|export| flush.waits_for(*export))
        };
        for Flush { done, outcome, .. } in self.waiting.extract_if(.., is_complete) {
            done.send(outcome);
        }
    }

    /// Answers all flushes, because the spans that they wait for cannot leave now.
    pub(super) fn answer_held(&mut self, reason: &str) {
        self.requested = None;
        for Flush { done, outcome, .. } in self.waiting.drain(..) {
            done.send(Err(Failure::Export(match outcome {
                Err(Failure::Export(error)) => format!("{error}; {reason}"),
                _ => reason.to_owned(),
            })));
        }
    }

    /// Answers all flushes with the outcome of the shutdown.
    pub(super) fn answer_all(&mut self, shutdown: &Outcome) {
        for Flush { done, outcome, .. } in self.waiting.drain(..) {
            done.send(outcome.and(shutdown.clone()));
        }
    }
}
