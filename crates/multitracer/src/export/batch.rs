//! A batch of ended spans.

use opentelemetry_sdk::trace::SpanData;

use super::queue::give_back_chunk;
use crate::record::{BoxedRecord, give_back};

/// The spans of one export, in the pieces in which they were queued.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    chunks: Vec<Vec<BoxedRecord>>,
    len: usize,
}

impl Batch {
    /// Creates a batch of the spans in `chunks`.
    pub(crate) fn new(chunks: Vec<Vec<BoxedRecord>>) -> Self {
        let len = chunks.iter().map(Vec::len).sum();
        Self { chunks, len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the estimated memory of each span in bytes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().flatten().map(|record| record.size())
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &crate::record::SpanRecord> + Clone {
        self.chunks.iter().flatten().map(|record| &**record)
    }

    /// Returns the spans as the OpenTelemetry SDK's exporters take them.
    pub(crate) fn into_span_data(mut self) -> Vec<SpanData> {
        let mut spans = Vec::with_capacity(self.len);
        spans.extend(self.chunks.iter_mut().flatten().map(|record| record.take_span_data()));
        spans
    }
}

impl Drop for Batch {
    /// Gives back the memory that new spans can use.
    fn drop(&mut self) {
        for mut chunk in self.chunks.drain(..) {
            give_back(chunk.drain(..));
            give_back_chunk(chunk);
        }
    }
}
