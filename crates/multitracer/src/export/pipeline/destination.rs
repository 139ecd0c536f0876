//! One destination of a pipeline: a queue with a worker, or memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::runtime::ExportRuntime;
use super::worker::Worker;
use super::worker_handle::WorkerHandle;
use crate::config::model::BatchConfig;
use crate::export::exporter::{Exporter, InMemoryExporter, Pause};
use crate::export::stats::Counters;
use crate::record::SpanRecord;

/// One exporter of a pipeline and its pending spans.
pub(crate) struct Destination {
    /// Kind and endpoint of the exporter, without credentials.
    label: Arc<str>,
    kind: DestinationKind,
}

enum DestinationKind {
    /// A queue that a worker exports in batches.
    Queued(Arc<WorkerHandle>),
    /// Memory that receives a span at once, without a queue or a thread.
    Memory { exporter: InMemoryExporter, ended: AtomicU64 },
}

impl Destination {
    /// Starts the worker of an exporter on `runtime`. `position` is the exporter's position among
    /// those of the tracer. Exporters of one endpoint share their `pause`.
    pub(crate) fn start(
        tracer: &Arc<str>,
        label: Arc<str>,
        position: usize,
        batch: &BatchConfig,
        exporter: Arc<dyn Exporter>,
        pause: Arc<Pause>,
        runtime: &ExportRuntime,
    ) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = position;
        let (worker, handle) = Worker::new(
            tracer,
            batch,
            exporter,
            pause,
            runtime,
            #[cfg(feature = "metrics")]
            crate::export::stats::ExporterLabels {
                tracer: Arc::clone(tracer),
                exporter: Arc::clone(&label),
                position,
            },
        );
        runtime.spawn(worker.run());
        Self { label, kind: DestinationKind::Queued(Arc::new(handle)) }
    }

    /// Creates a destination that keeps spans in memory.
    pub(crate) fn memory(label: Arc<str>, exporter: InMemoryExporter) -> Self {
        let kind = DestinationKind::Memory { exporter, ended: AtomicU64::new(0) };
        Self { label, kind }
    }

    pub(super) fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// Returns the handle of the worker, if there is one.
    pub(super) fn worker(&self) -> Option<&Arc<WorkerHandle>> {
        match &self.kind {
            DestinationKind::Queued(worker) => Some(worker),
            DestinationKind::Memory { .. } => None,
        }
    }

    /// Takes the data of an ended span. The data of a dropped span stays. Never waits for an
    /// export.
    pub(super) fn push(&self, record: &mut SpanRecord) {
        match &self.kind {
            DestinationKind::Queued(worker) => worker.queue().push(record),
            DestinationKind::Memory { exporter, ended } => {
                exporter.push(record.take_span_data());
                ended.fetch_add(1, Ordering::Release);
            }
        }
    }

    /// Returns the number of spans that the destination has received.
    pub(super) fn ended(&self) -> u64 {
        match &self.kind {
            DestinationKind::Queued(worker) => worker.queue().ended(),
            DestinationKind::Memory { ended, .. } => ended.load(Ordering::Acquire),
        }
    }

    pub(super) fn counters(&self) -> Counters {
        match &self.kind {
            DestinationKind::Queued(worker) => worker.queue().counters(),
            DestinationKind::Memory { ended, .. } => {
                let ended = ended.load(Ordering::Acquire);
                Counters { ended, exported: ended, ..Counters::default() }
            }
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("label", &self.label)
            .field("counters", &self.counters())
            .finish_non_exhaustive()
    }
}
