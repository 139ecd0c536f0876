//! What is read of a span after its end.

use opentelemetry::{InstrumentationScope, KeyValue};

use super::activity::activity;
use super::span_record::SpanRecord;

impl SpanRecord {
    /// Returns the estimated memory of an ended span in bytes.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Adds the `code.*` attributes within the limit to `attributes`.
    pub(crate) fn add_code_attributes(&self, attributes: &mut Vec<KeyValue>) {
        if let Some(code) = self.code {
            let all = attributes.len() + usize::from(self.code_attributes);
            attributes.reserve_exact(usize::from(self.code_attributes));
            code.add_attributes(attributes);
            attributes.truncate(all);
        }
    }

    /// Returns `busy_ns` and `idle_ns` of a span of `tracing`.
    pub(crate) fn activity(&self) -> Option<[KeyValue; 2]> {
        let busy = self.busy?;
        let all = self.end_time.duration_since(self.start_time).unwrap_or_default();
        Some(activity(busy, all))
    }

    /// Returns the instrumentation scope.
    pub(crate) fn scope(&self) -> &InstrumentationScope {
        self.scope.get()
    }
}
