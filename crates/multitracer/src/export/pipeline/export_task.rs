//! The export of one batch in a task of its own.

use std::future::pending;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::export::batch::Batch;
use crate::export::exporter::{Exporter, NO_TIME, Retry};
use crate::export::outcome::{DropReason, ExportError, ExportOutcome};
use crate::export::queue::Queue;

/// A batch whose export is complete, and counted.
pub(super) struct CompletedExport {
    /// Number of spans that were exported, or that were dropped if the export failed.
    pub(super) spans: usize,
    pub(super) outcome: ExportOutcome,
}

/// The export of one batch.
pub(super) struct ExportTask<T> {
    pub(super) exporter: Arc<dyn Exporter>,
    pub(super) queue: Arc<Queue>,
    pub(super) batch: Batch,
    pub(super) retry: Retry,
    /// Time limit of the export with its retries; zero for none.
    pub(super) timeout: Duration,
    /// Records the duration and the outcome as a metric.
    pub(super) record: T,
}

impl<T: FnOnce(Duration, &ExportOutcome) + Send> ExportTask<T> {
    /// Exports the batch and counts the outcome. A panic or a hang of the exporter stays in a task.
    pub(super) async fn run(self) -> CompletedExport {
        let Self { exporter, queue, batch, mut retry, timeout, record } = self;
        let ended = retry.ended();
        let (spans, last_error) = (batch.len(), retry.last_error());
        let settled = retry.settled();
        let mut admitted = retry.admitted();
        // aborts the task when this future is dropped
        let mut export = JoinSet::new();
        export.spawn(async move {
            if !retry.start().await {
                return Err(ExportError::new(DropReason::Shutdown, NO_TIME));
            }
            exporter.export(batch, retry).await
        });
        let joined = join_within(timeout, &mut admitted, &mut export).await;
        let started = admitted.borrow().unwrap_or_else(Instant::now);
        let complete = |outcome: ExportOutcome| {
            let (elapsed, settled) = (started.elapsed(), settled.close());
            let rest = spans - settled.all;
            // the parts of a batch are counted one by one
            if rest > 0 || settled.all == 0 {
                queue.complete(rest, elapsed, &outcome);
            }
            record(elapsed, &outcome);
            let spans = if outcome.is_ok() { spans } else { settled.dropped + rest };
            CompletedExport { spans, outcome }
        };
        let outcome = match joined {
            None => {
                let mut error = ExportError::timed_out(timeout);
                if let Some(before) = last_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    error.message = format!("{}; before that: {before}", error.message);
                }
                let completed = complete(Err(error));
                // an exporter that blocks its thread still counts as a concurrent export, so that
                // it cannot block ever more threads
                export.shutdown().await;
                let _ = ended.await;
                return completed;
            }
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(ExportError::new(DropReason::Panicked, "the exporter panicked")),
        };
        complete(outcome)
    }
}

/// Returns the result of the task, or `None` if it takes longer than `limit` from the moment on
/// from which the backend may get the first request. A limit of zero is none.
async fn join_within(
    limit: Duration,
    admitted: &mut watch::Receiver<Option<Instant>>,
    task: &mut JoinSet<ExportOutcome>,
) -> Option<Result<ExportOutcome, JoinError>> {
    loop {
        let since = *admitted.borrow_and_update();
        let deadline = since.filter(|_| !limit.is_zero()).and_then(|since| since.checked_add(limit));
        let expired = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => pending().await,
            }
        };
        let changed = async {
            if admitted.changed().await.is_err() {
                // the last moment holds until the task ends
                pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            Some(joined) = task.join_next() => return Some(joined),
            () = expired => return None,
            () = changed => {}
        }
    }
}
