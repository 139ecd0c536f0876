//! A span that is current until the end of a scope.

use opentelemetry::{ContextGuard, Key};

use super::span::ManualSpan;
use crate::span::__private::Entered;
use crate::span::__private::outcome::Observed;
use crate::span::ToAttribute;
use crate::tracer::{PanicWatch, attach};

/// A guard that keeps a span current on this thread. Its drop ends the span.
///
/// [`span!`](crate::span) and [`SpanBuilder::enter`](crate::manual::SpanBuilder::enter) return it.
/// If a panic drops the guard, the span has failed.
///
/// ```
/// use multitracer::manual::SpanBuilder;
///
/// # let spans = multitracer::export::InMemoryExporter::new();
/// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
/// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
/// # registry.scope(|| {
/// let step = SpanBuilder::new(format!("step {}", 1)).enter();
/// step.set("rows", &3);
/// drop(step); // ends the span before the end of the scope
/// # });
/// # assert_eq!(spans.spans()[0].name, "step 1");
/// ```
#[must_use = "the span ends as soon as the guard is dropped"]
#[derive(Debug)]
pub struct SpanGuard(Inner);

#[derive(Debug)]
enum Inner {
    /// A span of the macro `span!`.
    Site(Entered),
    /// A span of `SpanBuilder::enter`.
    Built { span: ManualSpan, attached: Option<ContextGuard>, panic_watch: PanicWatch },
}

impl SpanGuard {
    #[inline(always)]
    pub(crate) fn from_site(entered: Entered) -> Self {
        Self(Inner::Site(entered))
    }

    pub(super) fn from_span(span: ManualSpan) -> Self {
        let attached = attach(span.context().clone());
        Self(Inner::Built { span, attached, panic_watch: PanicWatch::start() })
    }

    /// Sets an attribute. A `None` value is ignored.
    pub fn set<V: ToAttribute + ?Sized>(&self, key: impl Into<Key>, value: &V) {
        match &self.0 {
            Inner::Site(entered) => entered.record(|attributes| attributes.set(key, value)),
            Inner::Built { span, .. } => span.set(key, value),
        }
    }

    /// Ends the span with the result of the scope, and returns the result.
    ///
    /// An `Err` marks the span as failed and records the error's type as `error.type`.
    ///
    /// ```
    /// use multitracer::span;
    ///
    /// fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    ///     let span = span!("parse");
    ///     span.finish(text.parse())
    /// }
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| parse("x").unwrap_err());
    /// # assert_eq!(spans.spans()[0].status, opentelemetry::trace::Status::error(""));
    /// ```
    pub fn finish<T, E>(self, result: Result<T, E>) -> Result<T, E> {
        match &self.0 {
            Inner::Site(entered) => Observed(&result).record_on(entered),
            Inner::Built { span, .. } => {
                if result.is_err() {
                    span.failed::<E>();
                }
            }
        }
        result
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // the drop of `Entered` ends the span of a `Site`
        if let Self::Built { span, attached, panic_watch } = self {
            if panic_watch.saw_panic() {
                span.panicked();
            }
            *attached = None;
            span.end();
        }
    }
}
