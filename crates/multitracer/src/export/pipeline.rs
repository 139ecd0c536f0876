//! One tracer's way out: to one exporter, or to several at once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::exporter::Exporter;
use super::memory::InMemoryExporter;
use super::outcome::DropReason;
use super::queue::Queue;
use super::retry::Closing;
use super::runtime::ExportRuntime;
use super::stats::{Counters, ExporterCounters};
use super::worker::{Command, Health, Worker};
use crate::config::model::BatchConfig;

/// Takes a tracer's ended spans and sees to it that each is exported or counted as dropped.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// None: the tracer is off, and makes no spans.
    destinations: Vec<Destination>,
    /// Spans that were not made, since their trace had all that it may have.
    throttled: AtomicU64,
    /// Spans that ended while there was nowhere to go.
    late: AtomicU64,
}

/// The way to one exporter.
pub(crate) struct Destination {
    label: Arc<str>,
    kind: DestinationKind,
}

enum DestinationKind {
    Queued(Arc<Queued>),
    /// Into memory at once, without a queue or a thread.
    Memory {
        exporter: InMemoryExporter,
        ended: AtomicU64,
    },
}

/// A queue, and what its worker listens to.
pub(crate) struct Queued {
    queue: Arc<Queue>,
    commands: mpsc::UnboundedSender<Command>,
    closing: watch::Sender<Closing>,
}

/// Answers that come when the workers have done what they were asked.
pub(crate) struct Pending {
    answers: Vec<Answer>,
    /// Whether what is not done in time is lost.
    last: bool,
}

impl Destination {
    /// One whose worker runs on `runtime`. `label` says where it leads.
    pub(crate) fn start(
        name: &Arc<str>,
        label: Arc<str>,
        position: usize,
        batch: &BatchConfig,
        exporter: Arc<dyn Exporter>,
        runtime: &ExportRuntime,
    ) -> Self {
        let queue = Arc::new(Queue::new(
            Arc::clone(name),
            batch.max_queue_size,
            batch.max_queue_bytes,
            batch.max_export_batch_size,
        ));
        let (commands, receiver) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(Closing::Open);
        #[cfg(not(feature = "metrics"))]
        let _ = position;
        let worker = Worker {
            #[cfg(feature = "metrics")]
            durations: {
                let (tracer, exporter) = (Arc::clone(name), Arc::clone(&label));
                (super::stats::ExporterLabels { tracer, exporter, position }, Arc::clone(runtime.durations()))
            },
            tracer: Arc::clone(name),
            queue: Arc::clone(&queue),
            exporter,
            commands: receiver,
            closing: closed,
            ending: runtime.ending(),
            schedule_delay: batch.schedule_delay,
            export_timeout: batch.export_timeout,
            max_concurrent_exports: batch.max_concurrent_exports.max(1),
            max_retries: batch.max_retries,
            exports: JoinSet::new(),
            retry_not_before: None,
            health: Health::default(),
            full: None,
        };
        runtime.spawn(worker.run());
        Self { label, kind: DestinationKind::Queued(Arc::new(Queued { queue, commands, closing })) }
    }

    pub(crate) fn memory(label: Arc<str>, exporter: InMemoryExporter) -> Self {
        Self { label, kind: DestinationKind::Memory { exporter, ended: AtomicU64::new(0) } }
    }

    fn push(&self, span: SpanData) {
        match &self.kind {
            DestinationKind::Queued(queued) => queued.queue.push(span),
            DestinationKind::Memory { exporter, ended } => {
                exporter.push(span);
                ended.fetch_add(1, Ordering::Release);
            }
        }
    }

    fn ended(&self) -> u64 {
        match &self.kind {
            DestinationKind::Queued(queued) => queued.queue.ended(),
            DestinationKind::Memory { ended, .. } => ended.load(Ordering::Acquire),
        }
    }

    fn counters(&self) -> Counters {
        match &self.kind {
            DestinationKind::Queued(queued) => queued.queue.counters(),
            DestinationKind::Memory { ended, .. } => {
                let ended = ended.load(Ordering::Acquire);
                Counters { ended, exported: ended, ..Counters::default() }
            }
        }
    }
}

impl Pipeline {
    pub(crate) fn new(destinations: Vec<Destination>) -> Self {
        Self { destinations, throttled: AtomicU64::new(0), late: AtomicU64::new(0) }
    }

    /// One that leads nowhere.
    pub(crate) fn off() -> Self {
        Self::new(Vec::new())
    }

    /// Takes an ended span. Never waits for an export.
    pub(crate) fn push(&self, span: SpanData) {
        match self.destinations.split_last() {
            Some((last, others)) => {
                for destination in others {
                    destination.push(span.clone());
                }
                last.push(span);
            }
            None => {
                self.late.fetch_add(1, Ordering::Release);
            }
        }
    }

    /// Counts a span that was not made, since its trace has had all that it may have.
    pub(crate) fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Release);
    }

    /// Asks for everything queued so far to be exported.
    pub(crate) fn flush(&self) -> Pending {
        Pending { answers: self.ask(Command::Flush), last: false }
    }

    /// Refuses later spans, and asks for everything queued so far to be exported, by `deadline` if there is one. What is not
    /// done by then is counted as lost once the answer has been [waited for](Pending::until).
    pub(crate) fn shutdown(&self, deadline: Option<Instant>) -> Pending {
        for (_, queued) in self.queued() {
            queued.queue.close();
            if let Some(deadline) = deadline {
                queued.closing.send_replace(Closing::By(deadline));
            }
        }
        Pending { answers: self.ask(Command::Shutdown), last: true }
    }

    fn ask(&self, command: fn(oneshot::Sender<Result<(), String>>) -> Command) -> Vec<Answer> {
        let ask = |(position, queued): (usize, &Arc<Queued>)| {
            let (done, answer) = oneshot::channel();
            let sent = queued.commands.send(command(done));
            (position, Arc::clone(queued), sent.is_ok().then_some(answer))
        };
        self.queued().map(ask).collect()
    }

    fn queued(&self) -> impl Iterator<Item = (usize, &Arc<Queued>)> {
        self.destinations.iter().enumerate().filter_map(|(position, destination)| match &destination.kind {
            DestinationKind::Queued(queued) => Some((position, queued)),
            DestinationKind::Memory { .. } => None,
        })
    }

    /// Spans that have been taken by every exporter's queue, or were not made at all.
    pub(crate) fn ended(&self) -> u64 {
        let ended =
            self.destinations.last().map_or_else(|| self.late.load(Ordering::Acquire), Destination::ended);
        ended + self.throttled.load(Ordering::Acquire)
    }

    /// Returns the counters of each exporter. A tracer that is off has one entry, called `off`.
    pub(crate) fn counters(&self) -> Vec<ExporterCounters> {
        let of_destination = |(position, destination): (usize, &Destination)| ExporterCounters {
            exporter: Arc::clone(&destination.label),
            position,
            counters: destination.counters(),
        };
        let mut exporters: Vec<_> = self.destinations.iter().enumerate().map(of_destination).collect();
        if exporters.is_empty() {
            let ended = self.late.load(Ordering::Acquire);
            let mut counters = Counters { ended, ..Counters::default() };
            counters.dropped.add(DropReason::Shutdown, ended);
            exporters.push(ExporterCounters { exporter: "off".into(), position: 0, counters });
        }
        let throttled = self.throttled.load(Ordering::Acquire);
        for exporter in &mut exporters {
            exporter.counters.dropped.throttled = throttled;
        }
        exporters
    }
}

/// Which exporter, its way there, and its answer if it still gives one.
type Answer = (usize, Arc<Queued>, Option<oneshot::Receiver<Result<(), String>>>);

/// An exporter that did not complete a flush or a shutdown.
#[derive(Clone, Debug)]
pub(crate) struct ExporterFailure {
    /// Position among the exporters of the tracer, from 0.
    pub(crate) position: usize,
    pub(crate) message: String,
}

impl Pending {
    /// Whether there is nothing to wait for.
    pub(crate) fn is_done(&self) -> bool {
        self.answers.iter().all(|(.., answer)| answer.is_none())
    }

    /// What came of it by `deadline`. Runs on the export runtime.
    pub(crate) async fn until(
        self,
        deadline: Instant,
        timeout: Duration,
    ) -> Result<(), Vec<ExporterFailure>> {
        let mut failures = Vec::new();
        for (position, queued, answer) in self.answers {
            let result = match answer {
                None => Err("already shut down".to_owned()),
                Some(answer) => match tokio::time::timeout_at(deadline, answer).await {
                    Ok(Ok(result)) => result,
                    Ok(Err(_)) => Err("the export worker stopped".to_owned()),
                    Err(_) => Err(format!("not done within {timeout:?}")),
                },
            };
            if self.last && result.is_err() {
                queued.queue.abandon();
                queued.closing.send_replace(Closing::Abandoned);
            }
            failures.extend(result.err().map(|message| ExporterFailure { position, message }));
        }
        if failures.is_empty() { Ok(()) } else { Err(failures) }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("label", &self.label)
            .field("tally", &self.counters())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
