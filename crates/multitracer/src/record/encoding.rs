//! The parts of an ended span that an encoder reads.

use super::code_place::CodePlace;
use super::details::Details;
use super::span_record::SpanRecord;

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
        match (&self.scope, &other.scope) {
            (None, None) => true,
            _ => std::ptr::eq(self.scope(), other.scope()) || self.scope() == other.scope(),
        }
    }
}
