//! The task that empties one tracer's queue.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{mpsc, oneshot};

use super::counters::Counters;
use super::exporter::Exporter;
use super::queue::Queue;

/// Asks a worker to empty its queue now.
#[derive(Debug)]
pub(crate) enum Command {
    Flush(oneshot::Sender<Result<(), String>>),
    Shutdown(oneshot::Sender<Result<(), String>>),
}

/// Exports the batches of one tracer, one at a time.
pub(crate) struct Worker {
    pub(crate) name: Arc<str>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) in_flight: Arc<AtomicUsize>,
    pub(crate) exporter: Arc<dyn Exporter>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) schedule_delay: Duration,
    /// Zero: no limit.
    pub(crate) export_timeout: Duration,
    /// Whether the last export failed, so that a broken backend is reported once and not with each batch.
    pub(crate) failing: bool,
}

impl Worker {
    /// Runs until it is told to shut down, or until its pipeline is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                () = self.queue.batch_due(self.schedule_delay) => {
                    // the outcome is counted and logged
                    let _ = self.export_batch().await;
                    continue;
                }
            };
            match command {
                Some(Command::Flush(done)) => {
                    let result = self.drain().await;
                    // the one who asked may have given up waiting
                    let _ = done.send(result);
                }
                Some(Command::Shutdown(done)) => {
                    let result = self.finish().await;
                    let _ = done.send(result);
                    return;
                }
                None => {
                    let _ = self.finish().await;
                    return;
                }
            }
        }
    }

    async fn finish(&mut self) -> Result<(), String> {
        let drained = self.drain().await;
        let exporter = Arc::clone(&self.exporter);
        // a user's exporter may block or panic here, and only a task of its own contains that
        let closed = tokio::task::spawn_blocking(move || exporter.shutdown(Duration::from_secs(5))).await;
        drained.and(match closed {
            Ok(result) => result,
            Err(_) => Err("the exporter panicked while it was shut down".to_owned()),
        })
    }

    /// Exports what is queued now; spans that end meanwhile wait for their own turn.
    async fn drain(&mut self) -> Result<(), String> {
        let mut left = self.queue.len();
        let mut result = Ok(());
        while left > 0 {
            let (exported, outcome) = self.export_batch().await;
            if exported == 0 {
                break;
            }
            left = left.saturating_sub(exported);
            result = result.and(outcome);
        }
        result
    }

    async fn export_batch(&mut self) -> (usize, Result<(), String>) {
        let batch = self.queue.take_batch();
        let spans = batch.len();
        if spans == 0 {
            return (0, Ok(()));
        }
        self.in_flight.store(spans, Ordering::Release);
        let result = self.deliver(batch, spans).await;
        self.in_flight.store(0, Ordering::Release);
        self.tell(spans, &result);
        (spans, result)
    }

    async fn deliver(&self, batch: Vec<SpanData>, spans: usize) -> Result<(), String> {
        let exporter = Arc::clone(&self.exporter);
        let mut export = tokio::spawn(async move { exporter.export(batch).await });
        let counters = &*self.counters;
        match within(self.export_timeout, &mut export).await {
            None => {
                export.abort();
                let error = format!("no answer within {:?}", self.export_timeout);
                counters.fail(&counters.dropped_timeout, spans, error.clone());
                Err(error)
            }
            Some(Ok(Ok(delivered))) => {
                let rejected = delivered.rejected.min(spans);
                Counters::add(&counters.exported, spans - rejected);
                Counters::add(&counters.rejected, rejected);
                Ok(())
            }
            Some(Ok(Err(error))) => {
                counters.fail(&counters.dropped_export_failed, spans, error.to_string());
                Err(error.to_string())
            }
            Some(Err(_)) => {
                let error = "the exporter panicked".to_owned();
                counters.fail(&counters.dropped_panicked, spans, error.clone());
                Err(error)
            }
        }
    }

    fn tell(&mut self, spans: usize, result: &Result<(), String>) {
        match result {
            Ok(()) if self.failing => {
                tracing::info!(target: "multitracer", tracer = &*self.name, "export works again");
            }
            Err(error) if !self.failing => {
                tracing::warn!(target: "multitracer", tracer = &*self.name, spans, %error, "export failed, spans dropped");
            }
            _ => {}
        }
        self.failing = result.is_err();
    }
}

/// The future's output, or nothing when `limit` passes first. A limit of zero is none.
async fn within<F: Future + Unpin>(limit: Duration, future: F) -> Option<F::Output> {
    if limit.is_zero() {
        return Some(future.await);
    }
    tokio::time::timeout(limit, future).await.ok()
}
