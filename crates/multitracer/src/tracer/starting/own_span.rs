//! A span of this library.

use std::borrow::Cow;
#[cfg(feature = "tracing")]
use std::cell::Cell;
use std::sync::Arc;
#[cfg(feature = "tracing")]
use std::time::Duration;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::time::now;
use opentelemetry::trace::{Span, SpanContext, SpanRef, Status};

use super::span_limit::SpanPermit;
use crate::export::{SpanSink, is_export_thread};
use crate::record::BoxedRecord;

/// The name of an event that stands for its attributes: they are set on the span.
///
/// The interface of a current span takes attributes one by one, each with a call through a table.
/// The address of the name and the time tell this event from all others.
static ATTRIBUTES: &str = "multitracer.attributes";

/// Sets attributes on a current span in one step.
pub(crate) fn set_all_attributes(span: &SpanRef<'_>, attributes: Vec<KeyValue>) {
    if !attributes.is_empty() {
        span.add_event_with_timestamp(ATTRIBUTES, SystemTime::UNIX_EPOCH, attributes);
    }
}

#[cfg(feature = "tracing")]
thread_local! {
    /// The time that the span which ends on this thread was entered.
    static BUSY: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Sets the time that a span of `tracing` was entered, and ends the span, in one step.
#[cfg(feature = "tracing")]
pub(crate) fn end_busy(span: &SpanRef<'_>, busy: Duration, time: SystemTime) {
    BUSY.set(Some(busy));
    span.end_with_timestamp(time);
    BUSY.set(None);
}

/// A span of this library, with the data that it records until it ends.
#[derive(Debug)]
pub(crate) struct OwnSpan {
    context: SpanContext,
    /// `None` for a span that was not sampled or has ended.
    record: Option<BoxedRecord>,
    sink: Arc<SpanSink>,
    /// The permit of `limits.max_spans_per_trace`, released when the span is dropped.
    _permit: Option<Box<SpanPermit>>,
}

impl OwnSpan {
    #[inline]
    pub(super) fn new(
        context: SpanContext,
        record: Option<BoxedRecord>,
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
        let Some(record) = &mut self.record else { return };
        let name = name.into();
        if std::ptr::eq(&*name, ATTRIBUTES) && timestamp == SystemTime::UNIX_EPOCH {
            record.add_attributes(attributes, self.sink.limits());
        } else if !is_export_thread() {
            // an exporter may work inside of a span
            record.add_event(name, timestamp, attributes, self.sink.limits());
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
            record.set_name(name.into());
        }
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(record) = &mut self.record {
            record.add_link(linked, attributes, self.sink.limits());
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        #[cfg_attr(not(feature = "tracing"), expect(unused_mut, reason = "changed for `tracing`"))]
        if let Some(mut record) = self.record.take() {
            #[cfg(feature = "tracing")]
            if let Some(busy) = BUSY.take() {
                record.set_busy(busy, self.sink.limits());
            }
            self.sink.end(record, timestamp);
        }
    }
}

impl Drop for OwnSpan {
    fn drop(&mut self) {
        if self.record.is_some() {
            self.end_with_timestamp(now());
        }
    }
}
