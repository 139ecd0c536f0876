//! A span that is current until the end of a scope.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{ContextGuard, Key};

use super::span::ManualSpan;
use crate::span::__private::Entered;
use crate::span::__private::outcome::Observed;
use crate::span::ToAttribute;
use crate::tracer::{PanicWatch, attach, with_current};

/// A guard that keeps a span current on this thread. Its drop ends the span.
///
/// [`span!`](crate::span) and [`SpanBuilder::enter`](crate::manual::SpanBuilder::enter) return it.
/// If a panic drops the guard, the span has failed.
///
/// Do not hold a guard over an `.await`: other futures that the thread polls meanwhile would run in
/// the span. A guard is not `Send`, so a task of a multi-threaded runtime cannot hold it there. In
/// other tasks, a guard that is dropped while another span is current logs a warning. Use
/// [`async_span!`](crate::async_span) instead.
///
/// ```compile_fail
/// fn spawn(task: impl Future + Send) {}
///
/// spawn(async {
///     let _span = multitracer::span!("step");
///     std::future::ready(()).await;
/// });
/// ```
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
    Built {
        span: ManualSpan,
        attached: Option<ContextGuard>,
        panic_watch: PanicWatch,
        location: &'static Location<'static>,
    },
}

/// The number of warnings about guards that are left. One cause can repeat in every request.
static WARNINGS_LEFT: AtomicU32 = AtomicU32::new(8);

impl Drop for SpanGuard {
    fn drop(&mut self) {
        let is_current =
            |span: &SpanContext| with_current(|cx| cx.span().span_context() == span).unwrap_or(true);
        match &self.0 {
            Inner::Site(entered) => {
                if let Some((span, site)) = entered.span_and_site()
                    && !is_current(span.span_context())
                {
                    warn_out_of_order(&site);
                }
            }
            Inner::Built { span, location, .. } if !is_current(&span.span_context()) => {
                warn_out_of_order(location);
            }
            Inner::Built { .. } => {}
        }
    }
}

/// Warns about a guard that is dropped while another span is current.
#[cold]
fn warn_out_of_order(place: &dyn fmt::Display) {
    let is_left = |left: u32| left.checked_sub(1);
    if WARNINGS_LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_left).is_ok() {
        tracing::warn!(
            target: "multitracer",
            "{place}: a span guard was dropped while another span was current; if it was held over \
             an `.await`, use `async_span!` instead"
        );
    }
}

impl SpanGuard {
    #[inline(always)]
    pub(crate) fn from_site(entered: Entered) -> Self {
        Self(Inner::Site(entered))
    }

    pub(super) fn from_span(span: ManualSpan, location: &'static Location<'static>) -> Self {
        let attached = attach(span.context().clone());
        Self(Inner::Built { span, attached, panic_watch: PanicWatch::start(), location })
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
        if let Self::Built { span, attached, panic_watch, .. } = self {
            if panic_watch.saw_panic() {
                span.panicked();
            }
            *attached = None;
            span.end();
        }
    }
}
