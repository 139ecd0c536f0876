//! The exporter that keeps spans in memory, for tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_sdk::trace::SpanData;

/// An exporter that keeps ended spans in memory, for tests.
///
/// A span is available as soon as it ends: there is no queue, no thread and nothing to flush.
/// Clones share the same spans.
///
/// ```
/// use multitracer::export::InMemoryExporter;
/// use multitracer::{Registry, TracerBuilder};
///
/// let spans = InMemoryExporter::new();
/// let canary = TracerBuilder::new("canary").in_memory(&spans);
/// let registry = Registry::builder().tracer(canary).build()?;
/// registry.tracer("canary")?.in_span("work", || {});
/// assert_eq!(spans.spans()[0].name, "work");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct InMemoryExporter {
    spans: Arc<Mutex<Vec<SpanData>>>,
}

impl InMemoryExporter {
    /// Creates an exporter without spans.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the spans that have ended so far, in the order of their end.
    #[must_use]
    pub fn spans(&self) -> Vec<SpanData> {
        self.lock().clone()
    }

    /// Removes the spans that have ended so far, and returns them.
    ///
    /// ```
    /// use multitracer::export::InMemoryExporter;
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let spans = InMemoryExporter::new();
    /// let canary = TracerBuilder::new("canary").in_memory(&spans);
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// assert_eq!(spans.take().len(), 1);
    /// assert!(spans.spans().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.lock())
    }

    /// Returns `true` if both share the same spans.
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.spans, &other.spans)
    }

    pub(crate) fn push(&self, span: SpanData) {
        self.lock().push(span);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
