//! The task that empties one exporter's queue.

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::exporter::Exporter;
use super::outcome::{DropReason, ExportError, ExportOutcome};
use super::queue::Queue;
use super::retry::{Closing, Retry};

/// How long an exporter may take to shut down, and how long a pipeline goes on that was dropped without a shutdown.
const LINGER: Duration = Duration::from_secs(5);

/// How long a span waits for its batch once the registry is gone, and there are seconds left.
const LAST_DELAY: Duration = Duration::from_millis(20);

/// How often a full queue is spoken of.
const FULL_AGAIN: Duration = Duration::from_secs(60);

/// Asks a worker to empty its queue now.
#[derive(Debug)]
pub(crate) enum Command {
    Flush(oneshot::Sender<Result<(), String>>),
    Shutdown(oneshot::Sender<Result<(), String>>),
}

/// Exports the batches of one exporter, so many at a time.
pub(crate) struct Worker {
    pub(crate) tracer: Arc<str>,
    /// The exporter's name, its position among the tracer's, and where to say how long exports took.
    #[cfg(feature = "metrics")]
    pub(crate) durations: (super::stats::ExporterLabels, Arc<super::stats::ExportDurations>),
    pub(crate) queue: Arc<Queue>,
    pub(crate) exporter: Arc<dyn Exporter>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) closing: watch::Receiver<Closing>,
    /// Whether the registry is gone, and there are only seconds left.
    pub(crate) ending: watch::Receiver<bool>,
    pub(crate) schedule_delay: Duration,
    /// Zero: no limit.
    pub(crate) export_timeout: Duration,
    pub(crate) max_concurrent_exports: usize,
    pub(crate) max_retries: u32,
    pub(crate) exports: JoinSet<Outcome>,
    /// The backend wants nothing before this moment.
    pub(crate) retry_not_before: Option<Instant>,
    /// So that a broken backend is reported once and not with each batch.
    pub(crate) health: Health,
    /// When it was last said that the queue is full, and how many spans it had refused by then.
    pub(crate) full: Option<(Instant, u64)>,
}

/// What the last export came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Health {
    #[default]
    Well,
    /// The backend takes requests, but finds fault with them.
    Complaining,
    Failing,
}

/// How many spans, and what became of them.
pub(crate) type Outcome = (usize, ExportOutcome);

impl Worker {
    /// Runs until it is told to shut down, or until its pipeline is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let (retry_not_before, queue, delay) = (self.retry_not_before, &self.queue, self.schedule_delay);
            let due = async {
                if let Some(retry_not_before) = retry_not_before {
                    tokio::time::sleep_until(retry_not_before).await;
                }
                queue.batch_due(delay).await;
            };
            let command = tokio::select! {
                biased;
                command = self.commands.recv() => command,
                Some(done) = self.exports.join_next(), if !self.exports.is_empty() => {
                    // the outcome is counted and logged
                    let _ = self.settled(done.ok());
                    continue;
                }
                () = due, if self.exports.len() < self.max_concurrent_exports => {
                    self.start_export();
                    continue;
                }
                () = gone(&mut self.ending), if delay > LAST_DELAY => {
                    self.schedule_delay = LAST_DELAY;
                    continue;
                }
            };
            match command {
                Some(Command::Flush(done)) => {
                    let result = self.flush().await;
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

    async fn flush(&mut self) -> Result<(), String> {
        let left = self
            .retry_not_before
            .map_or(Duration::ZERO, |retry_not_before| retry_not_before.duration_since(Instant::now()));
        if !left.is_zero() && !self.queue.is_empty() {
            // what is queued is not lost to a flush
            return Err(format!("the backend asked to wait, for {left:.0?} more"));
        }
        self.drain().await
    }

    async fn finish(&mut self) -> Result<(), String> {
        let drained = self.drain().await;
        let closed = Arc::clone(&self.exporter).shutdown(LINGER).await;
        drained.and(closed)
    }

    /// Exports what is queued now, and waits for what is under way; spans that end meanwhile wait for their own turn.
    async fn drain(&mut self) -> Result<(), String> {
        let mut left = self.queue.len();
        let mut result = Ok(());
        loop {
            while left > 0 && self.exports.len() < self.max_concurrent_exports {
                let started = self.start_export();
                left = if started == 0 { 0 } else { left.saturating_sub(started) };
            }
            let done = tokio::select! {
                done = self.exports.join_next() => done,
                () = abandoned(&mut self.closing) => {
                    self.exports.abort_all();
                    return Err("the deadline has passed".to_owned());
                }
            };
            match done {
                None => return result,
                Some(done) => result = result.and(self.settled(done.ok())),
            }
        }
    }

    /// Starts to export one batch; how many spans it has.
    fn start_export(&mut self) -> usize {
        let batch = self.queue.take_batch();
        let spans = batch.len();
        if spans > 0 {
            let (queue, limit) = (Arc::clone(&self.queue), self.export_timeout);
            let retry = Retry::new(
                Arc::clone(&queue),
                limit,
                self.max_retries,
                self.closing.clone(),
                self.retry_not_before,
            );
            #[cfg(feature = "metrics")]
            let timed = {
                let (labels, durations) = self.durations.clone();
                move |took, outcome: &_| durations.record(&labels, took, outcome)
            };
            #[cfg(not(feature = "metrics"))]
            let timed = |_: Duration, _: &_| ();
            self.exports.spawn(deliver(Arc::clone(&self.exporter), queue, batch, retry, limit, timed));
        }
        spans
    }

    fn settled(&mut self, done: Option<Outcome>) -> Result<(), String> {
        // nothing but an abort takes an outcome away, and that comes with a deadline that has passed
        let Some((spans, outcome)) = done else { return Err("the export was stopped".to_owned()) };
        self.warn_if_full();
        let (tracer, before) = (&*self.tracer, self.health);
        match outcome {
            Ok(delivered) => {
                self.health = match delivered.complaint() {
                    None if before != Health::Well => {
                        tracing::info!(target: "multitracer", tracer, "export works again");
                        Health::Well
                    }
                    None => Health::Well,
                    Some(complaint) => {
                        if before != Health::Complaining {
                            let rejected = delivered.rejected;
                            tracing::warn!(target: "multitracer", tracer, spans, rejected, complaint, "exported with a complaint");
                        }
                        Health::Complaining
                    }
                };
                Ok(())
            }
            Err(failure) => {
                self.retry_not_before = failure.retry_not_before.or(self.retry_not_before);
                self.health = Health::Failing;
                if before != Health::Failing {
                    let error = &*failure.message;
                    tracing::warn!(target: "multitracer", tracer, spans, error, "export failed, spans dropped");
                }
                Err(failure.message)
            }
        }
    }

    /// Says that spans were refused, at most once in a while.
    fn warn_if_full(&mut self) {
        let refused = self.queue.refused();
        let (said, before) = self.full.map_or((None, 0), |(said, before)| (Some(said), before));
        if refused > before && said.is_none_or(|said| said.elapsed() >= FULL_AGAIN) {
            let (tracer, spans) = (&*self.tracer, refused - before);
            tracing::warn!(target: "multitracer", tracer, spans, "the queue was full, spans dropped");
            self.full = Some((Instant::now(), refused));
        }
    }
}

impl Drop for Worker {
    /// Nothing that comes now, or is left, goes anywhere.
    fn drop(&mut self) {
        let spans = self.queue.abandon();
        if spans > 0 {
            let tracer = &*self.tracer;
            tracing::warn!(target: "multitracer", tracer, spans, "not exported in time, spans dropped");
        }
    }
}

/// Exports one batch in a task of its own, so that a panic and a hang stay there, and counts what came of it.
async fn deliver(
    exporter: Arc<dyn Exporter>,
    queue: Arc<Queue>,
    batch: Vec<SpanData>,
    retry: Retry,
    limit: Duration,
    timed: impl FnOnce(Duration, &ExportOutcome) + Send,
) -> Outcome {
    let (spans, started) = (batch.len(), Instant::now());
    let settle = |outcome: &ExportOutcome| {
        let took = started.elapsed();
        queue.complete(spans, took, outcome);
        timed(took, outcome);
    };
    let last_failure = retry.last_failure();
    // ends with this future
    let mut export = JoinSet::new();
    export.spawn(async move { exporter.export(batch, retry).await });
    let outcome = match within(limit, export.join_next()).await {
        None => {
            let mut message = format!("no answer within {limit:?}");
            if let Some(before) = last_failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
                message = format!("{message}; before that: {before}");
            }
            let outcome = Err(ExportError::new(DropReason::Timeout, message));
            settle(&outcome);
            // one that blocks its thread keeps its place among the exports, so that it blocks no more threads than that
            export.shutdown().await;
            return (spans, outcome);
        }
        Some(Some(Ok(outcome))) => outcome,
        Some(Some(Err(_)) | None) => Err(ExportError::new(DropReason::Panicked, "the exporter panicked")),
    };
    settle(&outcome);
    (spans, outcome)
}

async fn abandoned(closing: &mut watch::Receiver<Closing>) {
    if closing.wait_for(|closing| *closing == Closing::Abandoned).await.is_err() {
        // the pipeline is gone, and nobody sets a deadline any more
        tokio::time::sleep(LINGER).await;
    }
}

async fn gone(ending: &mut watch::Receiver<bool>) {
    // without a sender the registry is gone too
    let _ = ending.wait_for(|ending| *ending).await;
}

/// The future's output, or nothing when `limit` passes first. A limit of zero is none.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    if limit.is_zero() {
        return Some(future.await);
    }
    tokio::time::timeout(limit, future).await.ok()
}
