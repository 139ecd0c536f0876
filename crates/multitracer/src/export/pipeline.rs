//! One tracer's way out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry_sdk::trace::SpanData;
use tokio::sync::{mpsc, oneshot};

use super::counters::Counters;
use super::exporter::Exporter;
use super::memory::InMemoryExporter;
use super::queue::{Queue, Refused};
use super::runtime::ExportRuntime;
use super::worker::{Command, Worker};
use crate::config::model::BatchConfig;

/// Takes a tracer's ended spans and sees to it that each is exported or counted as dropped.
pub(crate) struct Pipeline {
    counters: Arc<Counters>,
    way: Way,
}

enum Way {
    Queued {
        queue: Arc<Queue>,
        in_flight: Arc<AtomicUsize>,
        commands: mpsc::UnboundedSender<Command>,
    },
    /// Into memory at once, without a queue or a thread.
    Memory(InMemoryExporter),
    /// Nowhere: the tracer is off, and makes no spans.
    Off,
}

/// An answer that comes when the worker has done what it was asked.
pub(crate) enum Pending {
    Done,
    Waiting(oneshot::Receiver<Result<(), String>>),
    Gone,
}

impl Pipeline {
    /// A pipeline whose worker runs on `runtime`.
    pub(crate) fn start(
        name: &Arc<str>,
        batch: &BatchConfig,
        exporter: Arc<dyn Exporter>,
        runtime: &ExportRuntime,
    ) -> Self {
        let counters = Arc::new(Counters::default());
        let queue = Arc::new(Queue::new(batch.max_queue_size, batch.max_export_batch_size));
        let in_flight = Arc::new(AtomicUsize::new(0));
        let (commands, receiver) = mpsc::unbounded_channel();
        let worker = Worker {
            name: Arc::clone(name),
            queue: Arc::clone(&queue),
            counters: Arc::clone(&counters),
            in_flight: Arc::clone(&in_flight),
            exporter,
            commands: receiver,
            schedule_delay: batch.schedule_delay,
            export_timeout: batch.export_timeout,
            failing: false,
        };
        runtime.spawn(worker.run());
        Self { counters, way: Way::Queued { queue, in_flight, commands } }
    }

    pub(crate) fn memory(exporter: InMemoryExporter) -> Self {
        Self { counters: Arc::default(), way: Way::Memory(exporter) }
    }

    pub(crate) fn off() -> Self {
        Self { counters: Arc::default(), way: Way::Off }
    }

    /// Takes an ended span. Never waits for an export.
    pub(crate) fn push(&self, span: SpanData) {
        Counters::add(&self.counters.ended, 1);
        match &self.way {
            Way::Memory(exporter) => {
                exporter.push(span);
                Counters::add(&self.counters.exported, 1);
            }
            Way::Off => Counters::add(&self.counters.dropped_shutdown, 1),
            Way::Queued { queue, .. } => match queue.push(span) {
                Ok(()) => {}
                Err(Refused::Full) => Counters::add(&self.counters.dropped_queue_full, 1),
                Err(Refused::Closed) => Counters::add(&self.counters.dropped_shutdown, 1),
            },
        }
    }

    /// Counts a span that was not made, since its trace has had all that it may have.
    pub(crate) fn throttle(&self) {
        Counters::add(&self.counters.dropped_throttled, 1);
    }

    /// Asks for everything queued so far to be exported.
    pub(crate) fn flush(&self) -> Pending {
        match &self.way {
            Way::Memory(_) | Way::Off => Pending::Done,
            Way::Queued { commands, .. } => {
                let (done, answer) = oneshot::channel();
                match commands.send(Command::Flush(done)) {
                    Ok(()) => Pending::Waiting(answer),
                    Err(_) => Pending::Gone,
                }
            }
        }
    }

    /// Refuses later spans, and asks for everything queued so far to be exported.
    pub(crate) fn shutdown(&self) -> Pending {
        match &self.way {
            Way::Memory(_) | Way::Off => Pending::Done,
            Way::Queued { queue, commands, .. } => {
                queue.close();
                let (done, answer) = oneshot::channel();
                match commands.send(Command::Shutdown(done)) {
                    Ok(()) => Pending::Waiting(answer),
                    Err(_) => Pending::Gone,
                }
            }
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Spans queued or being exported.
    pub(crate) fn waiting(&self) -> usize {
        match &self.way {
            Way::Memory(_) | Way::Off => 0,
            Way::Queued { queue, in_flight, .. } => queue.len() + in_flight.load(Ordering::Acquire),
        }
    }
}

impl Pending {
    /// What came of it within `limit`. Runs on the export runtime.
    pub(crate) async fn within(self, limit: Duration) -> Result<(), String> {
        let answer = match self {
            Self::Done => return Ok(()),
            Self::Gone => return Err("already shut down".to_owned()),
            Self::Waiting(answer) => answer,
        };
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err("the export worker stopped".to_owned()),
            Err(_) => Err(format!("not done within {limit:?}")),
        }
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("counters", &self.counters).finish_non_exhaustive()
    }
}
