//! The worker that empties one exporter's queue.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::export_task::{CompletedExport, ExportTask};
use super::flushes::Flushes;
use super::health::Health;
use super::results::{Done, Failure, Outcome};
use super::runtime::ExportRuntime;
use super::worker_handle::{Command, CommandKind, EXPORTER_SHUTDOWN_TIMEOUT, WorkerHandle};
use crate::config::model::BatchConfig;
use crate::export::exporter::{Exporter, HeldExports, NO_TIME, Pause, Retry, ShutdownState};
use crate::export::guarded;
use crate::export::outcome::ExportOutcome;
use crate::export::queue::Queue;
#[cfg(feature = "metrics")]
use crate::export::stats::{ExportDurations, ExporterLabels};

/// Delay of a batch once the registry is dropped and only seconds remain.
const LAST_DELAY: Duration = Duration::from_millis(20);

/// A task that exports the batches of one exporter, up to `max_concurrent_exports` at a time.
///
/// It never waits for one thing only: exports start and end, and commands arrive, while a flush or
/// a shutdown waits.
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
    /// The outcome of the shutdown, for callers that come after the end.
    outcome: Arc<OnceLock<Outcome>>,
    /// `true` once the registry is dropped and only seconds remain.
    registry_dropped: watch::Receiver<bool>,
    schedule_delay: Duration,
    /// Time limit of an export; zero for none.
    export_timeout: Duration,
    max_concurrent_exports: usize,
    max_retries: u32,
    exports: JoinSet<CompletedExport>,
    flushes: Flushes,
    /// `true` once the pipeline is dropped and no command can come.
    is_dropped: bool,
    /// `None` before the shutdown.
    stopping: Option<Stopping>,
    pause: Arc<Pause>,
    held: HeldExports,
    held_count: watch::Receiver<usize>,
    health: Health,
}

/// A shutdown that has begun.
#[derive(Debug)]
struct Stopping {
    callers: Vec<Done>,
    outcome: Outcome,
}

/// The next thing that a worker reacts to.
enum Event {
    /// `None` means that the pipeline is dropped.
    Command(Option<Command>),
    ExportEnded(Result<(Id, CompletedExport), JoinError>),
    BatchDue,
    /// An export began or ended to wait for the end of a pause.
    HeldChanged,
    RegistryDropped,
    DeadlinePassed,
}

impl Worker {
    /// Creates a worker and its handle.
    pub(super) fn new(
        tracer: &Arc<str>,
        batch: &BatchConfig,
        exporter: Arc<dyn Exporter>,
        pause: Arc<Pause>,
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
        let outcome = Arc::<OnceLock<_>>::default();
        let held = HeldExports::default();
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
            outcome: Arc::clone(&outcome),
            registry_dropped: runtime.registry_dropped(),
            schedule_delay: batch.schedule_delay,
            export_timeout: batch.export_timeout,
            max_concurrent_exports: batch.max_concurrent_exports.max(1),
            max_retries: batch.max_retries,
            exports: JoinSet::new(),
            flushes: Flushes::default(),
            is_dropped: false,
            stopping: None,
            pause,
            held_count: held.subscribe(),
            held,
            health: Health::default(),
        };
        (worker, WorkerHandle { queue, commands, shutdown, outcome })
    }

    /// Runs until a shutdown command, or until the pipeline is dropped.
    pub(super) async fn run(mut self) {
        let outcome = self.work().await;
        self.end(outcome);
    }

    /// Exports batches until the shutdown, and returns its outcome.
    async fn work(&mut self) -> Outcome {
        loop {
            self.start_requested_exports();
            self.answer_flushes();
            if let Some(stopping) = &self.stopping
                && self.exports.is_empty()
            {
                if self.queue.is_empty() {
                    let outcome = stopping.outcome.clone();
                    return outcome.and(self.close_exporter().await);
                }
                if self.pause_outlasts_shutdown() {
                    return stopping.outcome.clone().and(Err(Failure::Export(NO_TIME.to_owned())));
                }
            }
            match self.next_event().await {
                Event::Command(Some(Command { kind: CommandKind::Flush, done })) => {
                    self.flushes.add(&self.queue, done);
                }
                Event::Command(Some(Command { kind: CommandKind::Shutdown, done })) => self.stop(Some(done)),
                Event::Command(None) => {
                    self.is_dropped = true;
                    self.stop(None);
                }
                Event::ExportEnded(ended) => self.export_ended(ended),
                Event::BatchDue => {
                    // an export may have learnt of a pause while this batch became due
                    if self.pause.end().is_none() {
                        self.start_export();
                    }
                }
                // the flushes learn of it in the next turn
                Event::HeldChanged => {}
                Event::RegistryDropped => self.schedule_delay = LAST_DELAY,
                Event::DeadlinePassed => return Err(Failure::Deadline),
            }
        }
    }

    async fn next_event(&mut self) -> Event {
        let (pause, queue, delay) = (&self.pause, &self.queue, self.schedule_delay);
        let is_stopping = self.stopping.is_some();
        let due = async {
            pause.over().await;
            if !is_stopping {
                queue.batch_due(delay).await;
            }
        };
        let can_export =
            self.exports.len() < self.max_concurrent_exports && !(is_stopping && queue.is_empty());
        tokio::select! {
            biased;
            () = deadline(&mut self.shutdown) => Event::DeadlinePassed,
            command = self.commands.recv(), if !self.is_dropped => Event::Command(command),
            Some(ended) = self.exports.join_next_with_id() => Event::ExportEnded(ended),
            Ok(()) = self.held_count.changed() => Event::HeldChanged,
            () = due, if can_export => Event::BatchDue,
            () = wait_for_drop(&mut self.registry_dropped), if delay > LAST_DELAY => Event::RegistryDropped,
        }
    }

    /// Starts the exports that a flush or a shutdown waits for. They wait for a pause of the
    /// backend, so that only a batch that the backend refused is lost.
    fn start_requested_exports(&mut self) {
        while (self.flushes.want_exports(&self.queue) || self.stopping.is_some())
            && self.exports.len() < self.max_concurrent_exports
            && self.pause.end().is_none()
            && self.start_export()
        {}
    }

    fn answer_flushes(&mut self) {
        self.flushes.answer_complete();
        if self.exports.len() == self.held.count()
            && self.stopping.is_none()
            && let Some(end) = self.pause.end()
        {
            let wait = end.saturating_duration_since(Instant::now());
            self.flushes.answer_held(&format!("the backend asked to wait, for {wait:.0?} more"));
        }
    }

    fn stop(&mut self, caller: Option<Done>) {
        let stopping = self.stopping.get_or_insert_with(|| Stopping { callers: Vec::new(), outcome: Ok(()) });
        stopping.callers.extend(caller);
    }

    fn pause_outlasts_shutdown(&self) -> bool {
        let ShutdownState::StoppingBy(deadline) = *self.shutdown.borrow() else { return false };
        self.pause.end().is_some_and(|end| end >= deadline)
    }

    async fn close_exporter(&mut self) -> Outcome {
        let shutdown = Arc::clone(&self.exporter).shutdown(EXPORTER_SHUTDOWN_TIMEOUT);
        // an exporter of the application may exceed its time limit
        let limit = EXPORTER_SHUTDOWN_TIMEOUT + Duration::from_secs(1);
        tokio::select! {
            closed = shutdown => closed.map_err(Failure::Export),
            () = deadline(&mut self.shutdown) => Err(Failure::Deadline),
            () = tokio::time::sleep(limit) => Err(Failure::Export(format!("the exporter did not shut down within {limit:?}"))),
        }
    }

    /// Gives the outcome to every caller, those that come later included.
    fn end(mut self, outcome: Outcome) {
        // callers read the counts next
        self.abandon();
        // a command that comes later than the channel's end reads the outcome
        let _ = self.outcome.set(outcome.clone());
        self.commands.close();
        while let Ok(Command { done, .. }) = self.commands.try_recv() {
            done.send(outcome.clone());
        }
        self.flushes.answer_all(&outcome);
        for caller in self.stopping.take().map(|stopping| stopping.callers).unwrap_or_default() {
            caller.send(outcome.clone());
        }
    }

    /// Takes one batch and starts its export. Returns `false` if the queue is empty.
    fn start_export(&mut self) -> bool {
        let batch = self.queue.take_batch();
        if batch.len() == 0 {
            return false;
        }
        let retry = Retry::new(
            Arc::clone(&self.queue),
            self.export_timeout,
            self.max_retries,
            self.shutdown.clone(),
            Arc::clone(&self.pause),
            self.held.clone(),
        );
        let task = ExportTask {
            exporter: Arc::clone(&self.exporter),
            queue: Arc::clone(&self.queue),
            batch,
            retry,
            timeout: self.export_timeout,
            record: self.recorder(),
        };
        let export = self.exports.spawn(task.run());
        self.flushes.export_started(export.id());
        true
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

    /// Logs the outcome of an export, and notes it for the flushes and the shutdown.
    fn export_ended(&mut self, ended: Result<(Id, CompletedExport), JoinError>) {
        let (export, outcome) = match ended {
            Err(error) => (error.id(), Err(Failure::Export("the export was stopped".to_owned()))),
            Ok((export, CompletedExport { spans, outcome })) => {
                guarded(|| {
                    self.health.report_refused(&self.tracer, self.queue.refused());
                    self.health.report(&self.tracer, spans, &outcome);
                });
                (export, outcome.map(drop).map_err(|error| Failure::Export(error.message)))
            }
        };
        self.flushes.export_ended(export, &outcome);
        if let Some(stopping) = &mut self.stopping
            && stopping.outcome.is_ok()
        {
            stopping.outcome = outcome;
        }
    }

    /// Counts all remaining and all later spans as dropped.
    fn abandon(&self) {
        let spans = self.queue.abandon();
        if spans > 0 {
            let tracer = &*self.tracer;
            guarded(
                || tracing::warn!(target: "multitracer", tracer, spans, "not exported in time, spans dropped"),
            );
        }
    }
}

impl Drop for Worker {
    /// Runs also if the runtime stops the worker.
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Waits until the shutdown has no time left.
async fn deadline(shutdown: &mut watch::Receiver<ShutdownState>) {
    loop {
        let state = *shutdown.borrow_and_update();
        let changed = async {
            if shutdown.changed().await.is_err() {
                // the pipeline is dropped, so its last state stays
                std::future::pending::<()>().await;
            }
        };
        match state {
            ShutdownState::Abandoned => return,
            ShutdownState::Running => changed.await,
            ShutdownState::StoppingBy(deadline) => tokio::select! {
                () = tokio::time::sleep_until(deadline) => return,
                () = changed => {}
            },
        }
    }
}

/// Waits until the registry is dropped.
async fn wait_for_drop(registry_dropped: &mut watch::Receiver<bool>) {
    // an error means that the sender is dropped, and the registry with it
    let _ = registry_dropped.wait_for(|dropped| *dropped).await;
}
