//! The record of a span of `tracing` before the span starts.
//!
//! The tracer is not known until the start, and so are the ids and the limits.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanBuilder, SpanContext, SpanId, SpanKind};

use super::code_place::CodePlace;
use super::limits::RecordLimits;
use super::reuse::empty_record;
use super::scope::RecordScope;
use super::span_record::{BoxedRecord, SpanRecord};

impl SpanRecord {
    /// Creates the record of a span that has not started.
    #[inline]
    pub(crate) fn prepare(name: &'static str, start_time: SystemTime, code: CodePlace) -> BoxedRecord {
        let mut record = empty_record();
        record.name = Cow::Borrowed(name);
        record.kind = SpanKind::Internal;
        record.code = Some(code);
        record.start_time = start_time;
        record
    }

    /// Sets the name, of any length until the start.
    pub(crate) fn prepare_name(&mut self, name: Cow<'static, str>) {
        self.name = name;
    }

    /// Returns the attributes without those of the place.
    #[inline]
    pub(crate) fn prepared_attributes(&mut self) -> &mut Vec<KeyValue> {
        &mut self.attributes
    }

    /// Starts the span.
    #[inline]
    pub(crate) fn begin(&mut self, context: &SpanContext, parent: SpanId, limits: &RecordLimits) {
        self.trace = context.trace_id();
        self.id = context.span_id();
        self.flags = context.trace_flags();
        self.parent = parent;
        self.is_parent_remote = false;
        self.end_time = self.start_time;
        self.scope = RecordScope::Tracing;
        self.cut_name();
        self.set_trace_state(context.trace_state());
        if let Some(code) = self.code {
            self.set_code(code, limits);
        }
        self.fill_attributes(|_| (), limits);
    }

    /// Moves the data into a builder, for a start on the slow path.
    pub(crate) fn take_builder(&mut self) -> SpanBuilder {
        let mut attributes = Vec::new();
        if let Some(code) = self.code.take() {
            code.add_attributes(&mut attributes);
        }
        attributes.append(&mut self.attributes);
        SpanBuilder::from_name(std::mem::take(&mut self.name))
            .with_kind(self.kind.clone())
            .with_start_time(self.start_time)
            .with_attributes(attributes)
    }
}
