//! The pipeline of one tracer: from ended spans to one or more exporters.

mod alarm;
mod destination;
mod export_task;
mod flushes;
mod health;
mod operation;
mod results;
mod runtime;
mod sink;
mod worker;
mod worker_handle;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::outcome::DropReason;
use super::stats::{Counters, ExporterCounters};
use crate::record::SpanRecord;

pub(crate) use self::destination::Destination;
pub(crate) use self::operation::{FlushFailure, Operation};
pub(crate) use self::runtime::ExportRuntime;
#[cfg(feature = "probe")]
pub(crate) use self::runtime::silent_runtime;
pub(crate) use self::sink::{SpanSink, SpanSinks};
use self::worker_handle::WorkerHandle;

/// The destinations of one tracer's ended spans. Each span is exported or counted as dropped.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// Empty if the tracer is off and starts no spans.
    destinations: Vec<Destination>,
    /// Spans that were never created, because their trace had reached its limit.
    throttled: AtomicU64,
    /// Spans that ended without a destination.
    without_destination: AtomicU64,
}

impl Pipeline {
    pub(crate) fn new(destinations: Vec<Destination>) -> Self {
        Self { destinations, throttled: AtomicU64::new(0), without_destination: AtomicU64::new(0) }
    }

    /// Creates the pipeline of a tracer that is off.
    pub(crate) fn off() -> Self {
        Self::new(Vec::new())
    }

    /// Takes the data of an ended span. The data of a dropped span stays. Never waits for an
    /// export.
    pub(crate) fn push(&self, record: &mut SpanRecord) {
        match self.destinations.split_last() {
            Some((last, others)) => {
                for destination in others {
                    destination.push(&mut record.clone());
                }
                last.push(record);
            }
            None => {
                self.without_destination.fetch_add(1, Ordering::Release);
            }
        }
    }

    /// Counts a span that was not created, because its trace has reached its limit.
    pub(crate) fn throttle(&self) {
        self.throttled.fetch_add(1, Ordering::Release);
    }

    /// Adds this tracer to a flush or a shutdown, and requests the export of all queued spans.
    ///
    /// A shutdown refuses later spans.
    pub(crate) fn request(&self, operation: &mut Operation) {
        operation.request(self.workers());
    }

    /// Counts all remaining spans as dropped, and stops their exports.
    pub(crate) fn abandon(&self) {
        for (_, worker) in self.workers() {
            worker.abandon();
        }
    }

    /// Returns the workers with the positions of their exporters.
    fn workers(&self) -> impl Iterator<Item = (usize, &Arc<WorkerHandle>)> {
        let destinations = self.destinations.iter().enumerate();
        destinations.filter_map(|(position, destination)| Some((position, destination.worker()?)))
    }

    /// Returns the number of spans that every destination has received, or that were throttled.
    pub(crate) fn ended(&self) -> u64 {
        let ended = match self.destinations.last() {
            Some(destination) => destination.ended(),
            None => self.without_destination.load(Ordering::Acquire),
        };
        ended + self.throttled.load(Ordering::Acquire)
    }

    /// Returns the counters of each exporter. A tracer that is off has one entry, called `off`.
    pub(crate) fn counters(&self) -> Vec<ExporterCounters> {
        let of_destination = |(position, destination): (usize, &Destination)| ExporterCounters {
            exporter: Arc::clone(destination.label()),
            position,
            counters: destination.counters(),
        };
        let mut exporters: Vec<_> = self.destinations.iter().enumerate().map(of_destination).collect();
        if exporters.is_empty() {
            let ended = self.without_destination.load(Ordering::Acquire);
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

#[cfg(test)]
mod tests;
