//! Work that runs under a tracer or in a span of it.

use std::borrow::Cow;
use std::thread;

use opentelemetry::trace::{SpanKind, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};

use super::frame::Frame;
use crate::tracer::named::Tracer;
use crate::tracer::starting::span_marks::mark_panicked;
use crate::tracer::starting::start::{NewSpan, Started};

impl Tracer {
    /// Returns `true` if the tracer makes spans; `false` if the configuration says `enabled: false`, it
    /// was switched off, or its registry was shut down.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.clone().in_force(&Context::new()).is_some_and(|tracer| tracer.is_on())
    }

    /// Runs `f` with this tracer as the ambient one: traced functions inside that name no tracer use it.
    ///
    /// Opens no span. For a future, use [`with_tracer`](crate::WithTracerExt::with_tracer): a scope ends
    /// when `f` returns, before a future that `f` returned has run.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder, traced};
    /// #[traced]
    /// fn work() {}
    ///
    /// # let spans = InMemoryExporter::new();
    /// # let canary = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// registry.tracer("canary")?.scope(work);
    /// assert_eq!(spans.spans()[0].name, "work");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _attached = self.context(&Context::current()).attach();
        f()
    }

    /// Returns `cx` with this tracer as the ambient one.
    #[must_use]
    pub fn context(&self, cx: &Context) -> Context {
        match self.clone().in_force(cx) {
            Some(tracer) => Frame::enter(cx, tracer),
            None => cx.clone(),
        }
    }

    /// Runs `f` in a span of this tracer. A panic of `f` marks the span and goes on.
    ///
    /// For code that no attribute can mark; the parent of the span is chosen as for a `#[traced]`
    /// function.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let canary = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// let sum = registry.tracer("canary")?.in_span("add", || 1 + 2);
    /// assert_eq!((sum, &*spans.spans()[0].name), (3, "add"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_span<R>(&self, name: impl Into<Cow<'static, str>>, f: impl FnOnce() -> R) -> R {
        let cx = Context::current();
        let tracer = self.clone().in_force(&cx).filter(Self::is_on);
        let Some(tracer) = tracer else { return f() };
        match tracer.start(&cx, NewSpan::new(name.into(), SpanKind::Internal), || []) {
            Started::Unsampled => f(),
            Started::Opened { cx, .. } => {
                let _open = OpenSpan::new(cx);
                f()
            }
        }
    }
}

/// A span that is current, and ends with its scope.
struct OpenSpan {
    cx: Context,
    attached: Option<ContextGuard>,
    /// A panic that was under way before the span opened does not mark it.
    was_panicking: bool,
}

impl OpenSpan {
    fn new(cx: Context) -> Self {
        let attached = Some(cx.clone().attach());
        Self { cx, attached, was_panicking: thread::panicking() }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        let span = self.cx.span();
        if thread::panicking() && !self.was_panicking {
            mark_panicked(&span);
        }
        self.attached = None;
        span.end();
    }
}
