//! The span that an instrumented library holds.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span, SpanContext, Status};

use crate::tracer::LibrarySpan;

/// A span of a [`DispatchingTracer`](super::DispatchingTracer).
///
/// It belongs to the tracer that was ambient when it started. If that tracer is disabled, or the
/// surrounding trace is not sampled, the span records nothing. Then its span context is that of the
/// surrounding trace.
///
/// ```
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// use multitracer::provider::DispatchedSpan;
/// use opentelemetry::KeyValue;
/// use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
///
/// # let spans = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("production").in_memory(&spans);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// let mut span: DispatchedSpan = registry.tracer_provider().tracer("some-library").start("query");
/// span.set_attribute(KeyValue::new("db.system.name", "sqlite"));
/// span.end();
/// assert_eq!(spans.spans()[0].name, "query");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DispatchedSpan(LibrarySpan);

impl DispatchedSpan {
    pub(super) fn new(span: LibrarySpan) -> Self {
        Self(span)
    }
}

impl Span for DispatchedSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        match &self.0 {
            LibrarySpan::Silent(span) => span,
            LibrarySpan::Started(span) => span.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        matches!(&self.0, LibrarySpan::Started(span) if span.is_recording())
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.set_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.update_name(name);
        }
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.add_link(linked, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let LibrarySpan::Started(span) = &mut self.0 {
            span.end_with_timestamp(timestamp);
        }
    }
}
