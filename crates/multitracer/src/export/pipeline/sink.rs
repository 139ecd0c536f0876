//! The place where the spans of one group of threads start and end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::Pipeline;
use crate::export::queue::shard_of_thread;
use crate::record::{BoxedRecord, RecordLimits, keep_record};

/// The number of groups of threads.
const SINKS: usize = 4;

/// A pipeline, as the spans of one group of threads see it.
///
/// Each open span holds its sink. Threads of other groups use another sink, so they do not contend
/// on its counts.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct SpanSink {
    /// The number of sampled spans that started.
    started: AtomicU64,
    /// The number of spans that were not sampled.
    sampled_out: AtomicU64,
    limits: RecordLimits,
    pipeline: Arc<Pipeline>,
}

/// The sinks of one tracer.
#[derive(Debug)]
pub(crate) struct SpanSinks([Arc<SpanSink>; SINKS]);

impl SpanSinks {
    pub(crate) fn new(pipeline: &Arc<Pipeline>, limits: RecordLimits) -> Self {
        let sink = || SpanSink {
            started: AtomicU64::new(0),
            sampled_out: AtomicU64::new(0),
            limits,
            pipeline: Arc::clone(pipeline),
        };
        Self(std::array::from_fn(|_| Arc::new(sink())))
    }

    /// Returns the sink of the current thread.
    #[inline]
    pub(crate) fn here(&self) -> &Arc<SpanSink> {
        &self.0[shard_of_thread(SINKS)]
    }

    /// Returns the number of sampled spans that started.
    pub(crate) fn started(&self) -> u64 {
        self.0.iter().map(|sink| sink.started.load(Ordering::Acquire)).sum()
    }

    /// Returns the number of spans that were not sampled.
    pub(crate) fn sampled_out(&self) -> u64 {
        self.0.iter().map(|sink| sink.sampled_out.load(Ordering::Acquire)).sum()
    }
}

impl SpanSink {
    /// Counts a span that starts, or that its sampler drops.
    #[inline]
    pub(crate) fn count(&self, is_sampled: bool) {
        let count = if is_sampled { &self.started } else { &self.sampled_out };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn limits(&self) -> &RecordLimits {
        &self.limits
    }

    /// Ends a span and exports its record. Never waits for an export.
    #[inline]
    pub(crate) fn end(&self, mut record: BoxedRecord, time: SystemTime) {
        // a sampler can ask for a record that is not exported
        if record.flags.is_sampled() {
            record.end(time, &self.limits);
            self.pipeline.push(&mut record);
        }
        keep_record(record);
    }
}
