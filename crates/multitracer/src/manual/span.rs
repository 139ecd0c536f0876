//! A span that starts and ends in different places.

use std::any::type_name;
use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, Key, KeyValue};

use crate::span::ToAttribute;
use crate::tracer::{attach, mark_cancelled, mark_failed, mark_panicked};

/// A span for callbacks and other code that starts and ends in different places.
///
/// [`SpanBuilder::start`](crate::manual::SpanBuilder::start) returns it. The span is current only
/// inside of [`in_scope`](Self::in_scope), and can move between threads. [`end`](Self::end) or its
/// drop ends it.
///
/// ```
/// use multitracer::manual::{ManualSpan, SpanBuilder};
///
/// struct Download {
///     span: ManualSpan,
/// }
///
/// fn begin(url: &str) -> Download {
///     Download { span: SpanBuilder::new("download").attribute("url.full", url).start() }
/// }
///
/// fn on_chunk(download: &Download, bytes: &[u8]) {
///     download.span.in_scope(|| { /* traced functions that run here become children */ });
///     download.span.set("bytes", &bytes.len());
/// }
///
/// let mut download = begin("http://localhost/");
/// on_chunk(&download, b"abc");
/// download.span.end();
/// ```
#[must_use = "the span ends when it is dropped"]
#[derive(Debug)]
pub struct ManualSpan {
    cx: Context,
    recording: bool,
}

impl ManualSpan {
    pub(super) fn new(cx: Context, recording: bool) -> Self {
        Self { cx, recording }
    }

    /// Returns `true` if the span is recorded and has not ended.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// Returns the OpenTelemetry context in which this span is current.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Returns the identity of the span, for example for a link.
    ///
    /// If no span was started, this is the identity of the surrounding span, or invalid.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        self.cx.span().span_context().clone()
    }

    /// Runs `f` in the span. The span does not end when `f` returns.
    pub fn in_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = attach(self.cx.clone());
        f()
    }

    /// Sets an attribute. A `None` value is ignored.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let span = SpanBuilder::new("download").start();
    /// span.set("bytes", &3);
    /// span.set("etag", &None::<&str>); // ignored
    /// # });
    /// # let attributes = &spans.spans()[0].attributes;
    /// # assert!(attributes.iter().any(|attribute| attribute.key.as_str() == "bytes"));
    /// # assert!(attributes.iter().all(|attribute| attribute.key.as_str() != "etag"));
    /// ```
    pub fn set<V: ToAttribute + ?Sized>(&self, key: impl Into<Key>, value: &V) {
        if self.recording
            && let Some(value) = value.to_attribute()
        {
            self.cx.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// Adds an event.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    /// use opentelemetry::KeyValue;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let span = SpanBuilder::new("download").start();
    /// span.event("retry", vec![KeyValue::new("attempt", 2)]);
    /// # });
    /// # assert_eq!(spans.spans()[0].events[0].name, "retry");
    /// ```
    pub fn event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        if self.recording {
            self.cx.span().add_event(name, attributes);
        }
    }

    /// Marks the span as failed, with the error's type as `error.type`.
    ///
    /// The error's text is not recorded, because it may contain user input.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// let span = SpanBuilder::new("parse").start();
    /// if let Err(error) = "x".parse::<u32>() {
    ///     span.fail(&error);
    /// }
    /// ```
    pub fn fail<E>(&self, _error: &E) {
        self.failed::<E>();
    }

    /// Ends the span.
    ///
    /// Later calls, and the drop of the span, have no effect.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let mut span = SpanBuilder::new("download").start();
    /// assert!(span.is_recording());
    /// span.end();
    /// assert!(!span.is_recording());
    /// # });
    /// # assert_eq!(spans.spans().len(), 1);
    /// ```
    pub fn end(&mut self) {
        if std::mem::take(&mut self.recording) {
            self.cx.span().end();
        }
    }

    pub(super) fn failed<E>(&self) {
        if self.recording {
            mark_failed(&self.cx.span(), type_name::<E>(), "");
        }
    }

    pub(super) fn panicked(&self) {
        if self.recording {
            mark_panicked(&self.cx.span());
        }
    }

    pub(super) fn cancelled(&self) {
        if self.recording {
            mark_cancelled(&self.cx.span());
        }
    }
}

impl Drop for ManualSpan {
    fn drop(&mut self) {
        self.end();
    }
}
