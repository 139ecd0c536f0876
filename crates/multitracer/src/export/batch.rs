//! A batch of ended spans.

use opentelemetry_sdk::trace::SpanData;

use super::queue::give_back_chunk;
use crate::record::RecordChunk;

/// The spans of one export, in the pieces in which they were queued.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    chunks: Vec<RecordChunk>,
    len: usize,
}

impl Batch {
    /// Creates a batch of the spans in `chunks`.
    pub(crate) fn new(chunks: Vec<RecordChunk>) -> Self {
        let len = chunks.iter().map(RecordChunk::len).sum();
        Self { chunks, len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the estimated memory of each span in bytes.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().flat_map(RecordChunk::sizes)
    }

    /// Returns the spans in the order of the batch.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = crate::record::EndedSpan<'_>> + Clone {
        self.chunks.iter().flat_map(RecordChunk::iter)
    }

    /// Returns the spans as the OpenTelemetry SDK's exporters take them.
    pub(crate) fn into_span_data(mut self) -> Vec<SpanData> {
        let mut spans = Vec::with_capacity(self.len);
        for chunk in &mut self.chunks {
            chunk.move_to(&mut spans);
        }
        spans
    }
}

impl FromIterator<SpanData> for Batch {
    fn from_iter<I: IntoIterator<Item = SpanData>>(spans: I) -> Self {
        Self::new(vec![spans.into_iter().collect()])
    }
}

impl Drop for Batch {
    /// Gives back the memory that new spans can use.
    fn drop(&mut self) {
        self.chunks.drain(..).for_each(give_back_chunk);
    }
}
