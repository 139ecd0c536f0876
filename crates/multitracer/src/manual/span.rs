//! A span whose beginning and end lie in different places.

use std::any::type_name;
use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, Key, KeyValue};

use crate::span::ToAttribute;
use crate::tracer::{mark_cancelled, mark_failed, mark_panicked};

/// A span that was started by hand: for callbacks, and for other code whose beginning and end lie in different places.
///
/// It is current nowhere until it is told to be, and may move between threads. It ends with [`end`](Self::end) or when it is dropped.
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
///     download.span.in_scope(|| { /* traced functions called here are inside */ });
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

    /// Whether what is set on it goes anywhere.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// The OpenTelemetry context in which this span is current.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.cx
    }

    /// Its identity, say for a link. Invalid where there is no span.
    #[must_use]
    pub fn span_context(&self) -> SpanContext {
        self.cx.span().span_context().clone()
    }

    /// Runs `f` inside the span. The span goes on after it.
    pub fn in_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = self.cx.clone().attach();
        f()
    }

    /// Sets an attribute; a `None` is left out.
    pub fn set<V: ToAttribute + ?Sized>(&self, key: impl Into<Key>, value: &V) {
        if self.recording
            && let Some(value) = value.to_attribute()
        {
            self.cx.span().set_attribute(KeyValue::new(key, value));
        }
    }

    /// Adds an event.
    pub fn event(&self, name: impl Into<Cow<'static, str>>, attributes: Vec<KeyValue>) {
        if self.recording {
            self.cx.span().add_event(name, attributes);
        }
    }

    /// Marks the span as failed, with `error`'s type as `error.type`. Its text is not recorded: it may hold what a user typed.
    pub fn fail<E>(&self, _error: &E) {
        self.failed::<E>();
    }

    /// Ends the span.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.recording) {
            self.cx.span().end();
        }
    }

    pub(super) fn failed<E>(&self) {
        if self.recording {
            mark_failed(&self.cx.span(), type_name::<E>());
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
