//! What is read of a span after its end.

use std::sync::LazyLock;

use opentelemetry::{InstrumentationScope, KeyValue};

use super::code_place::CodePlace;
use super::span_record::{Details, SpanRecord};

/// The instrumentation scope of the spans that this library makes.
static OWN_SCOPE: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION")).build()
});

impl SpanRecord {
    /// Returns the estimated memory of an ended span in bytes.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns the place in the source, if all its attributes are within the limit.
    pub(crate) fn whole_code(&self) -> Option<CodePlace> {
        self.code.filter(|code| u32::from(self.code_attributes) == code.len())
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

    /// Returns the other attributes.
    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    pub(crate) fn dropped_attributes(&self) -> u32 {
        self.dropped_attributes
    }

    /// Returns events, links and status, if the span has any.
    pub(crate) fn details(&self) -> Option<&Details> {
        self.details.as_deref()
    }

    /// Returns the instrumentation scope.
    pub(crate) fn scope(&self) -> &InstrumentationScope {
        self.scope.as_deref().unwrap_or(&OWN_SCOPE)
    }

    /// Returns `true` if both spans have the same instrumentation scope.
    pub(crate) fn has_scope_of(&self, other: &Self) -> bool {
        match (&self.scope, &other.scope) {
            (None, None) => true,
            _ => std::ptr::eq(self.scope(), other.scope()) || self.scope() == other.scope(),
        }
    }
}
