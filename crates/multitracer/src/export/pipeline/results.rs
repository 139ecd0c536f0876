//! The results of workers, which a caller waits for on its own thread.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::export::guarded;

/// The result of a flush or a shutdown of one worker.
pub(super) type Outcome = Result<(), Failure>;

/// The reason for which a worker did not complete a flush or a shutdown.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The deadline passed before.
    Deadline,
    /// The worker had been shut down before.
    ShutDown,
    /// The worker ended without a result, because its runtime stopped.
    Stopped,
    /// An export failed, or the exporter's shutdown. Holds no credential.
    Export(String),
}

/// The results of a flush or a shutdown, one per worker.
///
/// A worker stores its result without waiting. The caller waits with a lock and a condition
/// variable, or with a waker, and so depends on no runtime.
#[derive(Debug, Default)]
pub(super) struct Results {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcomes: Vec<Option<Outcome>>,
    missing: usize,
    waker: Option<Waker>,
    /// `true` once the caller waits no longer.
    is_closed: bool,
}

/// Stores the result of one worker. If it is dropped before, the result is that the worker stopped.
#[derive(Debug)]
pub(super) struct Done {
    results: Arc<Results>,
    index: usize,
}

impl Results {
    /// Adds a result that is missing yet.
    pub(super) fn expect(self: &Arc<Self>) -> Done {
        let mut state = self.lock();
        state.outcomes.push(None);
        state.missing += 1;
        Done { results: Arc::clone(self), index: state.outcomes.len() - 1 }
    }

    /// Returns `true` if no result is missing.
    pub(super) fn are_complete(&self) -> bool {
        self.lock().missing == 0
    }

    /// Blocks until no result is missing, or until `deadline`.
    pub(super) fn wait(&self, deadline: Option<Instant>) {
        let is_missing = |state: &mut State| state.missing > 0;
        let state = self.lock();
        match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
            Some(left) => drop(self.changed.wait_timeout_while(state, left, is_missing)),
            None => drop(self.changed.wait_while(state, is_missing)),
        }
    }

    /// Is ready if no result is missing, or from `deadline` on.
    pub(super) fn poll(&self, cx: &Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        let mut state = self.lock();
        if state.missing == 0 || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Poll::Ready(());
        }
        let before = state.waker.replace(cx.waker().clone());
        drop(state);
        // its drop is code of the application
        drop(before);
        Poll::Pending
    }

    /// Wakes the caller, because all results are there or its deadline has come. The caller can be
    /// code of the application.
    pub(super) fn wake(&self) {
        let waker = self.lock().waker.take();
        if let Some(waker) = waker {
            guarded(|| waker.wake());
        }
    }

    /// Takes the results so far, in the order of [`expect`](Self::expect). Later results are
    /// ignored.
    pub(super) fn close(&self) -> Vec<Option<Outcome>> {
        let mut state = self.lock();
        state.is_closed = true;
        std::mem::take(&mut state.outcomes)
    }

    fn store(&self, index: usize, outcome: Outcome) {
        let mut state = self.lock();
        // a caller that waits no longer has taken the list
        let Some(slot @ None) = state.outcomes.get_mut(index) else { return };
        *slot = Some(outcome);
        state.missing -= 1;
        let is_complete = state.missing == 0;
        drop(state);
        if is_complete {
            self.changed.notify_all();
            self.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Done {
    pub(super) fn send(self, outcome: Outcome) {
        self.results.store(self.index, outcome);
    }

    /// Returns `true` while the caller waits.
    pub(super) fn is_wanted(&self) -> bool {
        !self.results.lock().is_closed
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.results.store(self.index, Err(Failure::Stopped));
    }
}
