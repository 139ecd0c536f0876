//! Ended records side by side in memory.

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanData;

use super::reuse::USUAL_ATTRIBUTES;
use super::span_record::SpanRecord;

/// Ended records and their attributes, side by side in memory.
///
/// A record is copied into a chunk when its span ends, so the thread of the span uses the memory of
/// the span again at once. The thread of the exporter reads a chunk from its start to its end,
/// which processors load ahead. Memory that goes back and forth between both would make both wait.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordChunk {
    pub(super) records: Vec<SpanRecord>,
    /// The attributes of all records, in the order of the records.
    pub(super) attributes: Vec<KeyValue>,
}

impl RecordChunk {
    /// Creates an empty chunk for at least `capacity` records.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            records: Vec::with_capacity(capacity),
            attributes: Vec::with_capacity(capacity * USUAL_ATTRIBUTES),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns the number of records for which there is memory.
    pub(crate) fn capacity(&self) -> usize {
        self.records.capacity()
    }

    /// Returns the memory that an empty chunk keeps, in bytes.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.records.capacity() * size_of::<SpanRecord>() + self.attributes.capacity() * size_of::<KeyValue>()
    }

    /// Moves the data of a record into the chunk. The record keeps the memory of its attributes.
    #[inline]
    pub(crate) fn push(&mut self, record: &mut SpanRecord) {
        let mut attributes = std::mem::take(&mut record.attributes);
        record.moved_attributes = attributes.len();
        self.attributes.append(&mut attributes);
        self.records.push(std::mem::take(record));
        record.attributes = attributes;
    }

    /// Returns the sizes of the records, in their order.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.records.iter().map(SpanRecord::size)
    }

    /// Removes the records from position `at` on, and returns them.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        let kept = self.records.iter().take(at).map(|record| record.moved_attributes).sum();
        Self { records: self.records.split_off(at), attributes: self.attributes.split_off(kept) }
    }

    /// Moves the spans to `spans`.
    pub(crate) fn move_to(&mut self, spans: &mut Vec<SpanData>) {
        let mut attributes = self.attributes.drain(..);
        spans.extend(self.records.drain(..).map(|record| {
            let own = attributes.by_ref().take(record.moved_attributes);
            record.into_span_data(own)
        }));
    }

    /// Removes all records. Keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.attributes.clear();
    }
}

impl FromIterator<SpanData> for RecordChunk {
    fn from_iter<I: IntoIterator<Item = SpanData>>(spans: I) -> Self {
        let mut chunk = Self::default();
        for span in spans {
            chunk.push(&mut SpanRecord::from(span));
        }
        chunk
    }
}
