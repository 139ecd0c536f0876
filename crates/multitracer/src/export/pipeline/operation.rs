//! A flush or a shutdown of several tracers.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::alarm::Alarm;
use super::results::{Failure, Results};
use super::worker_handle::{Command, CommandKind, WorkerHandle};

/// Longest time limit. A longer one is cut to this.
const MAX_TIMEOUT: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// A flush or a shutdown of several tracers that may not be complete yet.
///
/// The caller's thread keeps the deadline, with nothing of the export runtime. A shutdown that is
/// dropped before its end still ends at its deadline.
pub(crate) struct Operation {
    kind: CommandKind,
    limit: Option<Limit>,
    results: Arc<Results>,
    /// The workers, in the order of their results.
    workers: Vec<Part>,
    tracers: usize,
}

#[derive(Clone, Copy, Debug)]
struct Limit {
    timeout: Duration,
    deadline: Instant,
}

/// The part of one worker.
struct Part {
    tracer: usize,
    /// Position of the exporter among those of the tracer, from 0.
    position: usize,
    worker: Arc<WorkerHandle>,
}

/// The failure of one exporter to complete a flush or a shutdown.
#[derive(Clone, Debug)]
pub(crate) struct FlushFailure {
    /// Position of the tracer in the order of the requests, from 0.
    pub(crate) tracer: usize,
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
    pub(crate) message: String,
}

impl Operation {
    /// Creates a flush without tracers, which ends within `timeout`.
    pub(crate) fn flush(timeout: Duration) -> Self {
        Self::new(CommandKind::Flush, Some(timeout))
    }

    /// Creates a shutdown without tracers, which ends within `timeout`.
    pub(crate) fn shutdown(timeout: Duration) -> Self {
        Self::new(CommandKind::Shutdown, Some(timeout))
    }

    /// Creates a shutdown that ends when all spans are exported.
    pub(crate) fn last_export() -> Self {
        Self::new(CommandKind::Shutdown, None)
    }

    pub(super) fn new(kind: CommandKind, timeout: Option<Duration>) -> Self {
        let limit = timeout.map(Limit::new);
        Self { kind, limit, results: Arc::default(), workers: Vec::new(), tracers: 0 }
    }

    /// Adds the workers of one more tracer, and sends them the command.
    pub(super) fn request<'w>(&mut self, workers: impl Iterator<Item = (usize, &'w Arc<WorkerHandle>)>) {
        let (tracer, kind) = (self.tracers, self.kind);
        self.tracers += 1;
        for (position, worker) in workers {
            if kind == CommandKind::Shutdown {
                worker.close(self.deadline());
            }
            self.workers.push(Part { tracer, position, worker: Arc::clone(worker) });
            worker.send(Command { kind, done: self.results.expect() });
        }
    }

    /// Returns `true` if no worker has to be waited for.
    pub(crate) fn is_complete(&self) -> bool {
        self.results.are_complete()
    }

    /// Waits for all workers until the deadline. Blocks the calling thread.
    pub(crate) fn wait_blocking(self) -> Vec<FlushFailure> {
        self.results.wait(self.deadline());
        self.finish()
    }

    /// Waits for all workers until the deadline, on any runtime.
    pub(crate) async fn wait(self) -> Vec<FlushFailure> {
        let deadline = self.deadline();
        if !self.is_complete() {
            let _alarm = deadline.map(|deadline| Alarm::set(deadline, &self.results));
            poll_fn(|cx| self.results.poll(cx, deadline)).await;
        }
        self.finish()
    }

    fn deadline(&self) -> Option<Instant> {
        self.limit.map(|limit| limit.deadline)
    }

    /// Returns the failures. A shutdown drops the spans that remain.
    fn finish(self) -> Vec<FlushFailure> {
        let mut failures = Vec::new();
        for (Part { tracer, position, worker }, outcome) in self.workers.iter().zip(self.results.close()) {
            if outcome.is_none() && self.kind == CommandKind::Shutdown {
                worker.abandon();
            }
            if let Err(failure) = outcome.unwrap_or(Err(Failure::Deadline)) {
                let message = self.message(failure);
                failures.push(FlushFailure { tracer: *tracer, position: *position, message });
            }
        }
        failures
    }

    fn message(&self, failure: Failure) -> String {
        match (failure, self.limit) {
            (Failure::Deadline, Some(Limit { timeout, deadline })) if deadline <= Instant::now() => {
                format!("not done within {timeout:?}")
            }
            (Failure::Deadline, _) => "not done by the deadline of another shutdown".to_owned(),
            (Failure::ShutDown, _) => "already shut down".to_owned(),
            (Failure::Stopped, _) => "the export worker stopped".to_owned(),
            (Failure::Export(message), _) => message,
        }
    }
}

impl Drop for Operation {
    /// Lets the workers forget a caller that waits no longer.
    fn drop(&mut self) {
        self.results.close();
    }
}

impl Limit {
    fn new(timeout: Duration) -> Self {
        Self { timeout, deadline: Instant::now() + timeout.min(MAX_TIMEOUT) }
    }
}
