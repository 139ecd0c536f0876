//! A span of this library.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::time::now;
use opentelemetry::trace::{Span, SpanContext, Status};

use super::span_limit::SpanPermit;
use crate::export::{SpanSink, is_export_thread};
use crate::record::SpanRecord;

/// A span of this library, with the data that it records until it ends.
#[derive(Debug)]
pub(crate) struct OwnSpan {
    context: SpanContext,
    /// `None` for a span that was not sampled or has ended.
    record: Option<SpanRecord>,
    sink: Arc<SpanSink>,
    /// The permit of `limits.max_spans_per_trace`, released when the span is dropped.
    _permit: Option<Box<SpanPermit>>,
}

impl OwnSpan {
    #[inline]
    pub(super) fn new(
        context: SpanContext,
        record: Option<SpanRecord>,
        sink: Arc<SpanSink>,
        permit: Option<SpanPermit>,
    ) -> Self {
        Self { context, record, sink, _permit: permit.map(Box::new) }
    }
}

impl Span for OwnSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        // an exporter may work inside of a span
        if let Some(record) = &mut self.record
            && !is_export_thread()
        {
            record.add_event(name.into(), timestamp, attributes, self.sink.limits());
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(record) = &mut self.record {
            record.reserve_attributes(self.sink.attribute_capacity());
            record.set_attribute(attribute, self.sink.limits());
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(record) = &mut self.record {
            record.set_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(record) = &mut self.record {
            record.name = name.into();
        }
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(record) = &mut self.record {
            record.add_link(linked, attributes, self.sink.limits());
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.sink.end(&mut self.record, timestamp);
    }
}

impl Drop for OwnSpan {
    fn drop(&mut self) {
        if self.record.is_some() {
            self.end_with_timestamp(now());
        }
    }
}
