//! The worker that empties one exporter's queue.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::export_task::{CompletedExport, ExportTask};
use super::health::Health;
use super::runtime::ExportRuntime;
use super::worker_handle::{Command, CommandKind, WorkerHandle};
use crate::config::model::BatchConfig;
use crate::export::exporter::{Exporter, Retry, ShutdownState};
use crate::export::outcome::ExportOutcome;
use crate::export::queue::Queue;
#[cfg(feature = "metrics")]
use crate::export::stats::{ExportDurations, ExporterLabels};

/// Time limit for the shutdown of an exporter, and for the last exports of a pipeline that was
/// dropped without a shutdown.
const EXPORTER_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Delay of a batch once the registry is dropped and only seconds remain.
const LAST_DELAY: Duration = Duration::from_millis(20);

/// A task that exports the batches of one exporter, up to `max_concurrent_exports` at a time.
pub(super) struct Worker {
    tracer: Arc<str>,
    #[cfg(feature = "metrics")]
    labels: ExporterLabels,
    #[cfg(feature = "metrics")]
    durations: Arc<ExportDurations>,
    queue: Arc<Queue>,
    exporter: Arc<dyn Exporter>,
    commands: mpsc::UnboundedReceiver<Command>,
    shutdown: watch::Receiver<ShutdownState>,
    /// `true` once the registry is dropped and only seconds remain.
    registry_dropped: watch::Receiver<bool>,
    schedule_delay: Duration,
    /// Time limit of an export; zero for none.
    export_timeout: Duration,
    max_concurrent_exports: usize,
    max_retries: u32,
    exports: JoinSet<CompletedExport>,
    /// The moment before which the backend accepts no request.
    retry_not_before: Option<Instant>,
    health: Health,
}

impl Worker {
    /// Creates a worker and its handle.
    pub(super) fn new(
        tracer: &Arc<str>,
        batch: &BatchConfig,
        exporter: Arc<dyn Exporter>,
        runtime: &ExportRuntime,
        #[cfg(feature = "metrics")] labels: ExporterLabels,
    ) -> (Self, WorkerHandle) {
        let queue = Arc::new(Queue::new(
            Arc::clone(tracer),
            batch.max_queue_size,
            batch.max_queue_bytes,
            batch.max_export_batch_size,
        ));
        let (commands, receiver) = mpsc::unbounded_channel();
        let (shutdown, shutdown_receiver) = watch::channel(ShutdownState::Running);
        let worker = Self {
            tracer: Arc::clone(tracer),
            #[cfg(feature = "metrics")]
            labels,
            #[cfg(feature = "metrics")]
            durations: Arc::clone(runtime.durations()),
            queue: Arc::clone(&queue),
            exporter,
            commands: receiver,
            shutdown: shutdown_receiver,
            registry_dropped: runtime.registry_dropped(),
            schedule_delay: batch.schedule_delay,
            export_timeout: batch.export_timeout,
            max_concurrent_exports: batch.max_concurrent_exports.max(1),
            max_retries: batch.max_retries,
            exports: JoinSet::new(),
            retry_not_before: None,
            health: Health::default(),
        };
        (worker, WorkerHandle::new(queue, commands, shutdown))
    }

    /// Runs until a shutdown command, or until the pipeline is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let (retry_not_before, queue, delay) = (self.retry_not_before, &self.queue, self.schedule_delay);
            let due = async {
                if let Some(moment) = retry_not_before {
                    tokio::time::sleep_until(moment).await;
                }
                queue.batch_due(delay).await;
            };
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                Some(completed) = self.exports.join_next(), if !self.exports.is_empty() => {
                    // the outcome is counted and logged; nobody waits for it
                    let _ = self.on_completed(completed.ok());
                    continue;
                }
                () = due, if self.exports.len() < self.max_concurrent_exports => {
                    self.start_export();
                    continue;
                }
                () = wait_for_drop(&mut self.registry_dropped), if delay > LAST_DELAY => {
                    self.schedule_delay = LAST_DELAY;
                    continue;
                }
            };
            match command {
                Some(Command { kind: CommandKind::Flush, done }) => {
                    let result = self.flush().await;
                    // the caller may no longer wait
                    let _ = done.send(result);
                }
                Some(Command { kind: CommandKind::Shutdown, done }) => {
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

    async fn flush(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let wait = self.retry_not_before.map_or(Duration::ZERO, |moment| moment.duration_since(now));
        if !wait.is_zero() && !self.queue.is_empty() {
            // the spans stay in the queue, because a flush must not lose them
            return Err(format!("the backend asked to wait, for {wait:.0?} more"));
        }
        self.drain().await
    }

    async fn finish(&mut self) -> Result<(), String> {
        let drained = self.drain().await;
        let closed = Arc::clone(&self.exporter).shutdown(EXPORTER_SHUTDOWN_TIMEOUT).await;
        drained.and(closed)
    }

    /// Exports the spans that are queued now, and waits for all exports. Spans that end meanwhile
    /// stay queued.
    async fn drain(&mut self) -> Result<(), String> {
        let mut left = self.queue.len();
        let mut result = Ok(());
        loop {
            while left > 0 && self.exports.len() < self.max_concurrent_exports {
                let started = self.start_export();
                left = if started == 0 { 0 } else { left.saturating_sub(started) };
            }
            let completed = tokio::select! {
                completed = self.exports.join_next() => completed,
                () = wait_for_abandon(&mut self.shutdown) => {
                    self.exports.abort_all();
                    return Err("the deadline has passed".to_owned());
                }
            };
            match completed {
                None => return result,
                Some(completed) => result = result.and(self.on_completed(completed.ok())),
            }
        }
    }

    /// Takes one batch and starts its export. Returns the number of its spans.
    fn start_export(&mut self) -> usize {
        let batch = self.queue.take_batch();
        let spans = batch.len();
        if spans == 0 {
            return 0;
        }
        let retry = Retry::new(
            Arc::clone(&self.queue),
            self.export_timeout,
            self.max_retries,
            self.shutdown.clone(),
            self.retry_not_before,
        );
        let task = ExportTask {
            exporter: Arc::clone(&self.exporter),
            queue: Arc::clone(&self.queue),
            batch,
            retry,
            timeout: self.export_timeout,
            record: self.recorder(),
        };
        self.exports.spawn(task.run());
        spans
    }

    /// Returns a function that records the duration of one export.
    #[cfg(feature = "metrics")]
    fn recorder(&self) -> impl FnOnce(Duration, &ExportOutcome) + Send + use<> {
        let (labels, durations) = (self.labels.clone(), Arc::clone(&self.durations));
        move |elapsed, outcome| durations.record(&labels, elapsed, outcome)
    }

    /// Returns a function that records nothing.
    #[cfg(not(feature = "metrics"))]
    #[expect(clippy::unused_self, reason = "the recorder needs the worker's labels if metrics are on")]
    fn recorder(&self) -> impl FnOnce(Duration, &ExportOutcome) + Send + use<> {
        |_, _| ()
    }

    /// Logs a completed export. `None` means that the export was aborted.
    fn on_completed(&mut self, completed: Option<CompletedExport>) -> Result<(), String> {
        let Some(CompletedExport { spans, outcome }) = completed else {
            return Err("the export was stopped".to_owned());
        };
        self.health.report_refused(&self.tracer, self.queue.refused());
        self.health.report(&self.tracer, spans, &outcome);
        match outcome {
            Ok(_) => Ok(()),
            Err(error) => {
                self.retry_not_before = error.retry_not_before.or(self.retry_not_before);
                Err(error.message)
            }
        }
    }
}

impl Drop for Worker {
    /// Counts all remaining and all later spans as dropped.
    fn drop(&mut self) {
        let spans = self.queue.abandon();
        if spans > 0 {
            let tracer = &*self.tracer;
            tracing::warn!(target: "multitracer", tracer, spans, "not exported in time, spans dropped");
        }
    }
}

/// Waits until the spans of the pipeline are abandoned.
async fn wait_for_abandon(shutdown: &mut watch::Receiver<ShutdownState>) {
    if shutdown.wait_for(|state| *state == ShutdownState::Abandoned).await.is_err() {
        // the pipeline is dropped, so no shutdown sets a deadline
        tokio::time::sleep(EXPORTER_SHUTDOWN_TIMEOUT).await;
    }
}

/// Waits until the registry is dropped.
async fn wait_for_drop(registry_dropped: &mut watch::Receiver<bool>) {
    // an error means that the sender is dropped, and the registry with it
    let _ = registry_dropped.wait_for(|dropped| *dropped).await;
}
