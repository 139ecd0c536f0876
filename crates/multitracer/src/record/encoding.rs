//! The parts of an ended span that an encoder reads.

use opentelemetry::KeyValue;

use super::chunk::RecordChunk;
use super::code_place::CodePlace;
use super::details::Details;
use super::span_record::SpanRecord;

/// An ended span, whose attributes are beside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndedSpan<'a> {
    pub(crate) record: &'a SpanRecord,
    /// The attributes without those of `code.*`.
    pub(crate) attributes: &'a [KeyValue],
}

impl RecordChunk {
    /// Returns the spans in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EndedSpan<'_>> + Clone {
        let mut rest = &*self.attributes;
        self.records.iter().map(move |record| {
            let (own, others) = rest.split_at(record.moved_attributes.min(rest.len()));
            rest = others;
            EndedSpan { record, attributes: own }
        })
    }
}

impl SpanRecord {
    /// Returns the place in the source, if all its attributes are within the limit.
    pub(crate) fn whole_code(&self) -> Option<CodePlace> {
        self.code.filter(|code| u32::from(self.code_attributes) == code.len())
    }

    pub(crate) fn dropped_attributes(&self) -> u32 {
        self.dropped_attributes
    }

    /// Returns events, links and status, if the span has any.
    pub(crate) fn details(&self) -> Option<&Details> {
        self.details.as_deref()
    }

    /// Returns `true` if both spans have the same instrumentation scope.
    pub(crate) fn has_scope_of(&self, other: &Self) -> bool {
        std::ptr::eq(self.scope(), other.scope()) || self.scope() == other.scope()
    }
}
