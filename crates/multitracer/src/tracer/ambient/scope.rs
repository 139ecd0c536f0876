//! Work that runs under a tracer or in a span of that tracer.

use std::borrow::Cow;

use opentelemetry::trace::{SpanKind, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard};

use super::current::{attach, current_context};
use crate::tracer::named::Tracer;
use crate::tracer::resolve::{Chosen, Readiness};
use crate::tracer::starting::span_marks::{PanicWatch, mark_panicked};
use crate::tracer::starting::start::{NewSpan, Started};

impl Tracer {
    /// Returns `true` if the tracer starts spans.
    ///
    /// Returns `false` if the configuration says `enabled: false`, if
    /// [`set_enabled`](crate::Registry::set_enabled) switched the tracer off, or after its registry
    /// was shut down.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// let canary = registry.tracer("canary")?;
    /// assert!(canary.is_enabled());
    /// registry.set_enabled("canary", false)?;
    /// assert!(!canary.is_enabled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.clone().in_force(&Context::new()).is_some_and(|tracer| tracer.is_on())
    }

    /// Runs `f` with this tracer as the ambient tracer.
    ///
    /// Traced functions that name no tracer use the ambient one. The scope itself opens no span.
    /// For a future, use [`with_tracer`](crate::WithTracerExt::with_tracer): a scope ends when `f`
    /// returns, before a future that `f` returned has run.
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
        let _attached = attach(self.context(&current_context()));
        f()
    }

    /// Returns `cx` with this tracer as the ambient tracer.
    ///
    /// Use it where code attaches OpenTelemetry contexts itself; [`scope`](Self::scope) does both
    /// steps.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// use opentelemetry::Context;
    ///
    /// # let canary = TracerBuilder::new("canary").in_memory(&InMemoryExporter::new());
    /// # let registry = Registry::builder().tracer(canary).build()?;
    /// let cx = registry.tracer("canary")?.context(&Context::current());
    /// let _attached = cx.attach();
    /// assert_eq!(multitracer::current_tracer().unwrap().name(), "canary");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn context(&self, cx: &Context) -> Context {
        Chosen::Named(self.clone()).enter(cx)
    }

    /// Runs `f` in a span of this tracer.
    ///
    /// Use it for code that cannot carry the attribute `#[traced]`. The span gets its parent by the
    /// same rules as the span of a traced function. A panic in `f` marks the span as failed and
    /// continues to unwind.
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
        let cx = current_context();
        let cx = match Chosen::Named(self.clone()).readiness(&cx) {
            Readiness::Unchanged => return f(),
            Readiness::Silent(cx) => cx,
            Readiness::Ready(tracer) => {
                let new = NewSpan::new(name.into(), SpanKind::Internal);
                match tracer.start(&cx, new) {
                    Started::Unsampled => return f(),
                    Started::Opened { cx, recording: false } => cx,
                    Started::Opened { cx, recording: true } => {
                        let _guard = SpanScopeGuard::new(cx);
                        return f();
                    }
                }
            }
        };
        let _attached = attach(cx);
        f()
    }
}

/// A guard that makes a span current and ends it when dropped.
struct SpanScopeGuard {
    cx: Context,
    attached: Option<ContextGuard>,
    panic_watch: PanicWatch,
}

impl SpanScopeGuard {
    fn new(cx: Context) -> Self {
        let attached = attach(cx.clone());
        Self { cx, attached, panic_watch: PanicWatch::start() }
    }
}

impl Drop for SpanScopeGuard {
    fn drop(&mut self) {
        let span = self.cx.span();
        if self.panic_watch.saw_panic() {
            mark_panicked(&span);
        }
        self.attached = None;
        span.end();
    }
}
