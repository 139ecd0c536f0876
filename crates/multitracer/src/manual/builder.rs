//! A builder for spans that are described at run time.

use std::borrow::Cow;
use std::future::Future;
use std::panic::Location;
use std::task::Context as TaskContext;

use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, Key, KeyValue};

use super::future::InSpan;
use super::guard::SpanGuard;
use super::span::ManualSpan;
use crate::record::CodePlace;
use crate::span::ToAttribute;
use crate::tracer::{
    AsTracer, Call, Chosen, NewSpan, Parent, Readiness, Started, TracerChoice, any_tracer_enabled,
};

/// A description of a span that is complete only at run time.
///
/// Use it for a name that is made at run time, and for a span that starts and ends in different
/// functions. The rules for the tracer, the parent and sampling are those of a `#[traced]`
/// function. If the name is constant, prefer [`span!`](crate::span): it is faster while tracing is
/// disabled, and records the name of the function.
///
/// ```
/// use multitracer::manual::SpanBuilder;
/// use opentelemetry::trace::SpanKind;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = InMemoryExporter::new();
/// # let tracer = TracerBuilder::new("canary").in_memory(&canary);
/// # let registry = Registry::builder().tracer(tracer).build()?;
/// # registry.scope(|| {
/// let rows = SpanBuilder::new(format!("load {}", "users"))
///     .tracer("canary")
///     .kind(SpanKind::Client)
///     .attribute("db.system.name", "sqlite")
///     .in_scope(|| 3);
/// # assert_eq!(rows, 3);
/// # });
/// # assert_eq!(canary.spans()[0].name, "load users");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until the span is started"]
#[derive(Debug)]
pub struct SpanBuilder {
    name: Cow<'static, str>,
    kind: SpanKind,
    call: Call,
    /// `None` for the ambient tracer.
    tracer: Option<Chosen>,
    parent: Parent,
    links: Vec<SpanContext>,
    attributes: Vec<KeyValue>,
    location: &'static Location<'static>,
    /// `true` if no tracer is enabled.
    is_off: bool,
}

impl SpanBuilder {
    /// Returns a builder of a span with this name.
    ///
    /// The parent is the span that is current here, unless [`parent`](Self::parent) sets another.
    #[track_caller]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            kind: SpanKind::Internal,
            call: Call::here(),
            tracer: None,
            parent: Parent::Nearest,
            links: Vec::new(),
            attributes: Vec::new(),
            location: Location::caller(),
            is_off: !any_tracer_enabled(),
        }
    }

    /// Sets the tracer. By default it is the ambient one.
    ///
    /// Accepts a name, a [`Tracer`](crate::Tracer), a [`Route`](crate::routing::Route) or an
    /// [`Assignment`](crate::experiment::Assignment), whose attributes the span records.
    pub fn tracer<T: AsTracer + ?Sized>(mut self, tracer: &T) -> Self {
        if self.is_off {
            return self;
        }
        let choice = tracer.as_tracer();
        self.attributes.extend(choice.attributes());
        self.tracer = match choice {
            TracerChoice::Ambient => None,
            choice => Some(Chosen::of(&self.call.cx, choice, &self.location)),
        };
        self
    }

    /// Sets the kind. By default it is internal.
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the parent. An invalid parent makes the span a root.
    ///
    /// A span of another tracer, or of another `TracerProvider`, becomes a link, unless the
    /// configuration says `on_switch: child`. To continue a span of another process, pass a span
    /// context whose `is_remote` is `true`.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let request = SpanBuilder::new("request").start();
    /// // elsewhere, where `request` is not current
    /// SpanBuilder::new("reply").parent(request.span_context()).in_scope(|| {});
    /// # });
    /// # assert_eq!(spans.spans()[0].parent_span_id, spans.spans()[1].span_context.span_id());
    /// ```
    pub fn parent(mut self, parent: SpanContext) -> Self {
        self.parent = Parent::Given(parent);
        self
    }

    /// Makes the span a root, which starts a new trace.
    pub fn root(self) -> Self {
        self.parent(SpanContext::NONE)
    }

    /// Adds a link to another span.
    pub fn link(mut self, span: SpanContext) -> Self {
        self.links.push(span);
        self
    }

    /// Adds an attribute. A `None` value is ignored.
    ///
    /// The sampler does not see the attribute.
    pub fn attribute<V: ToAttribute>(mut self, key: impl Into<Key>, value: V) -> Self {
        if !self.is_off
            && let Some(value) = value.to_attribute()
        {
            self.attributes.push(KeyValue::new(key, value));
        }
        self
    }

    /// Starts the span without making it current.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let mut job = SpanBuilder::new("job").start();
    /// // move `job` to the code that ends the job
    /// job.end();
    /// # });
    /// # assert_eq!(spans.spans()[0].name, "job");
    /// ```
    pub fn start(self) -> ManualSpan {
        let Self { name, kind, call, tracer, parent, links, attributes, location, is_off } = self;
        let cx = call.cx;
        if is_off {
            return ManualSpan::new(cx, false);
        }
        let chosen = match tracer {
            Some(chosen) => chosen.at_start(&cx, &location),
            None => Chosen::ambient(&cx),
        };
        let tracer = match chosen.readiness(&cx) {
            Readiness::Ready(tracer) => tracer,
            Readiness::Silent(silent) => return ManualSpan::new(silent, false),
            Readiness::Unchanged => return ManualSpan::new(cx, false),
        };
        let code = Some(CodePlace::Function { function: None, location });
        let new = NewSpan { parent, links, code, ..NewSpan::new(name, kind) };
        match tracer.start(&cx, new) {
            Started::Unsampled => ManualSpan::new(cx, false),
            Started::Opened { cx, recording } => {
                if recording && !attributes.is_empty() {
                    cx.span().set_attributes(attributes);
                }
                ManualSpan::new(cx, recording)
            }
        }
    }

    /// Starts the span and makes it current on this thread until the guard is dropped.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    /// use multitracer::traced;
    ///
    /// #[traced]
    /// fn load() {}
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let step = SpanBuilder::new(format!("step {}", 1)).enter();
    /// load(); // becomes a child of `step 1`
    /// drop(step);
    /// # });
    /// # let [load, step] = &spans.spans()[..] else { panic!("two spans") };
    /// # assert_eq!(load.parent_span_id, step.span_context.span_id());
    /// ```
    pub fn enter(self) -> SpanGuard {
        let location = self.location;
        SpanGuard::from_span(self.start(), location)
    }

    /// Runs `f` in the span, which ends when `f` returns or panics.
    ///
    /// ```
    /// use multitracer::manual::SpanBuilder;
    ///
    /// # let spans = multitracer::export::InMemoryExporter::new();
    /// # let tracer = multitracer::TracerBuilder::new("production").in_memory(&spans);
    /// # let registry = multitracer::Registry::builder().tracer(tracer).build().unwrap();
    /// # registry.scope(|| {
    /// let sum = SpanBuilder::new(format!("add {}", 2)).in_scope(|| 1 + 2);
    /// assert_eq!(sum, 3);
    /// # });
    /// # assert_eq!(spans.spans()[0].name, "add 2");
    /// ```
    pub fn in_scope<R>(self, f: impl FnOnce() -> R) -> R {
        let _span = self.enter();
        f()
    }

    /// Returns a future that runs `future` in the span.
    ///
    /// The span starts at the first poll, is current during each poll, and ends with the future.
    /// Its parent is the span that is current here, so the result can be spawned.
    ///
    /// See [`InSpan`](crate::manual::InSpan) for an example.
    pub fn in_future<F: Future>(self, future: F) -> InSpan<F> {
        InSpan::new(self, future)
    }

    pub(super) fn follow_decision(&mut self, task: &TaskContext<'_>) {
        self.call.follow_decision(task);
    }

    pub(super) fn into_drop_context(self) -> Context {
        self.call.into_drop_context()
    }
}
