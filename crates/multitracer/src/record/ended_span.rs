//! A span that has ended.

use std::sync::LazyLock;
use std::time::SystemTime;

use opentelemetry::trace::SpanContext;
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};

use super::code_place::CodePlace;
use super::limits::RecordLimits;
use super::span_record::{Details, SpanRecord};

/// Memory of a span without attributes in bytes, with its share of a queue.
const EMPTY_SPAN: usize = size_of::<EndedSpan>() + 64;

/// The instrumentation scope of the spans that this library makes.
static OWN_SCOPE: LazyLock<InstrumentationScope> = LazyLock::new(|| {
    InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION")).build()
});

/// A span that has ended, with its identity.
#[derive(Clone, Debug)]
pub(crate) struct EndedSpan {
    pub(crate) context: SpanContext,
    pub(crate) end_time: SystemTime,
    pub(crate) record: SpanRecord,
    /// Estimated memory in bytes.
    size: usize,
}

impl EndedSpan {
    pub(crate) fn new(context: SpanContext, end_time: SystemTime, record: SpanRecord) -> Self {
        let size = size_of_record(&record);
        Self { context, end_time, record, size }
    }

    /// Cuts the texts of all attributes, if `limits` ask for it.
    pub(crate) fn shorten(&mut self, limits: &RecordLimits) {
        if let Some(max) = limits.value_length {
            self.record.shorten(max);
            self.size = size_of_record(&self.record);
        }
    }

    /// Returns the estimated memory of the span in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns the place in the source, if all its attributes are within the limit.
    pub(crate) fn whole_code(&self) -> Option<CodePlace> {
        self.record.code.filter(|code| u32::from(self.record.code_attributes) == code.len())
    }

    /// Returns the `code.*` attributes within the limit.
    pub(crate) fn code_attributes(&self) -> impl Iterator<Item = KeyValue> + use<> {
        let kept = usize::from(self.record.code_attributes);
        self.record.code.into_iter().flat_map(CodePlace::attributes).take(kept)
    }

    /// Returns the other attributes.
    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.record.attributes
    }

    pub(crate) fn dropped_attributes(&self) -> u32 {
        self.record.dropped_attributes
    }

    /// Returns events, links and status, if the span has any.
    pub(crate) fn details(&self) -> Option<&Details> {
        self.record.details.as_deref()
    }

    /// Returns the instrumentation scope.
    pub(crate) fn scope(&self) -> &InstrumentationScope {
        self.record.scope.as_deref().unwrap_or(&OWN_SCOPE)
    }

    /// Returns `true` if both spans have the same instrumentation scope.
    pub(crate) fn has_scope_of(&self, other: &Self) -> bool {
        match (&self.record.scope, &other.record.scope) {
            (None, None) => true,
            _ => std::ptr::eq(self.scope(), other.scope()) || self.scope() == other.scope(),
        }
    }
}

/// Estimates the memory of a span in bytes, without allocating or encoding.
///
/// Only the parts that can grow without bound count: attributes, events, links and texts.
fn size_of_record(record: &SpanRecord) -> usize {
    let details = record.details.as_ref().map_or(0, |details| {
        let events = details.events.iter();
        let links = details.links.iter();
        events.map(|event| 64 + event.name.len() + attributes_size(&event.attributes)).sum::<usize>()
            + links.map(|link| 96 + attributes_size(&link.attributes)).sum::<usize>()
    });
    EMPTY_SPAN + record.name.len() + attributes_size(&record.attributes) + details
}

fn attributes_size(attributes: &[KeyValue]) -> usize {
    attributes
        .iter()
        .map(|attribute| size_of::<KeyValue>() + attribute.key.as_str().len() + value_size(&attribute.value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(texts)) => texts.iter().map(|text| 24 + text.as_str().len()).sum(),
        Value::Array(Array::Bool(values)) => values.len(),
        Value::Array(Array::I64(values)) => values.len() * 8,
        Value::Array(Array::F64(values)) => values.len() * 8,
        _ => 0,
    }
}
