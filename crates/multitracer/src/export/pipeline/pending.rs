//! The results of a flush or a shutdown that the workers have not sent yet.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::worker_handle::{Command, CommandKind, WorkerHandle};

/// A flush or a shutdown of one tracer that may not be complete yet.
pub(crate) struct Pending {
    results: Vec<PendingResult>,
    kind: CommandKind,
}

/// The result of one worker.
struct PendingResult {
    /// Position of the exporter among those of the tracer, from 0.
    position: usize,
    worker: Arc<WorkerHandle>,
    /// `None` if the worker has stopped before.
    result: Option<oneshot::Receiver<Result<(), String>>>,
}

/// The failure of one exporter to complete a flush or a shutdown.
#[derive(Clone, Debug)]
pub(crate) struct FlushFailure {
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
    pub(crate) message: String,
}

impl Pending {
    /// Sends a command to every worker.
    pub(super) fn send<'w>(
        workers: impl Iterator<Item = (usize, &'w Arc<WorkerHandle>)>,
        kind: CommandKind,
    ) -> Self {
        let send = |(position, worker): (usize, &Arc<WorkerHandle>)| {
            let (done, result) = oneshot::channel();
            let result = worker.send(Command { kind, done }).then_some(result);
            PendingResult { position, worker: Arc::clone(worker), result }
        };
        Self { results: workers.map(send).collect(), kind }
    }

    /// Returns `true` if no worker has to be waited for.
    pub(crate) fn is_done(&self) -> bool {
        self.results.iter().all(|pending| pending.result.is_none())
    }

    /// Waits for all workers until `deadline`. After a shutdown, drops the spans that remain then.
    ///
    /// `timeout` is the time from the command to the deadline, for the error message. Runs on the
    /// export runtime.
    pub(crate) async fn until(self, deadline: Instant, timeout: Duration) -> Result<(), Vec<FlushFailure>> {
        let mut failures = Vec::new();
        for PendingResult { position, worker, result } in self.results {
            let result = match result {
                None => Err("already shut down".to_owned()),
                Some(result) => match tokio::time::timeout_at(deadline, result).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err("the export worker stopped".to_owned()),
                    Err(_) => Err(format!("not done within {timeout:?}")),
                },
            };
            if self.kind == CommandKind::Shutdown && result.is_err() {
                worker.abandon();
            }
            failures.extend(result.err().map(|message| FlushFailure { position, message }));
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }
}
