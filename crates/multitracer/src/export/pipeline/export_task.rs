//! The export of one batch in a task of its own.

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::export::batch::Batch;
use crate::export::exporter::{Exporter, Retry};
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
        let (admit, admitted) = oneshot::channel();
        // aborts the task when this future is dropped
        let mut export = JoinSet::new();
        export.spawn(async move {
            if !retry.start().await {
                let message = "the backend asked to wait for longer than there is time";
                return Err(ExportError::new(DropReason::Shutdown, message));
            }
            // the receiver waits for this
            let _ = admit.send(());
            exporter.export(batch, retry).await
        });
        // the time limit starts with the first attempt; an error means that there is none
        let _ = admitted.await;
        let started = Instant::now();
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
        let outcome = match within(timeout, export.join_next()).await {
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
            Some(Some(Ok(outcome))) => outcome,
            Some(Some(Err(_)) | None) => Err(ExportError::new(DropReason::Panicked, "the exporter panicked")),
        };
        complete(outcome)
    }
}

/// Returns the output of `future`, or `None` if it takes longer than `limit`. A limit of zero is
/// none.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    if limit.is_zero() {
        return Some(future.await);
    }
    tokio::time::timeout(limit, future).await.ok()
}
