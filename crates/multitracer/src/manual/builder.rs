//! A span described at run time.

use std::borrow::Cow;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;

use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, Key, KeyValue};

use super::future::InSpan;
use super::guard::SpanGuard;
use super::span::ManualSpan;
use crate::registry::Registry;
use crate::span::ToAttribute;
use crate::tracer::{AsTracer, Frame, NewSpan, Parent, Started, TracerCore, any_tracer_enabled, chosen};

/// Describes a span at run time, for code that neither `#[traced]` nor [`span!`](crate::span) can mark: a name that is made up, or a
/// beginning and an end in different places.
///
/// The tracer, the parent and the sampling are decided by the same rules as for a `#[traced]` function. Where the name is known,
/// [`span!`](crate::span) is faster while tracing is off, and knows the function's name.
///
/// ```
/// use multitracer::manual::SpanBuilder;
/// use opentelemetry::trace::SpanKind;
///
/// # use multitracer::export::InMemoryExporter;
/// # use multitracer::{Registry, TracerBuilder};
/// # let canary = InMemoryExporter::new();
/// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&canary)).build()?;
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
    cx: Context,
    tracer: Option<(Registry, Arc<TracerCore>)>,
    parent: Parent,
    links: Vec<SpanContext>,
    attributes: Vec<KeyValue>,
    location: &'static Location<'static>,
    /// Nothing is to be started: tracing is off, or the tracer is unknown and the configuration says `drop`.
    is_off: bool,
}

impl SpanBuilder {
    /// A span of that name. Its parent is the one that is current here, unless another is given.
    #[track_caller]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            kind: SpanKind::Internal,
            cx: Context::current(),
            tracer: None,
            parent: Parent::Nearest,
            links: Vec::new(),
            attributes: Vec::new(),
            location: Location::caller(),
            is_off: !any_tracer_enabled(),
        }
    }

    /// The tracer: a name, a [`Tracer`](crate::Tracer), a [`Route`](crate::routing::Route), an [`Assignment`](crate::experiment::Assignment). Default the ambient one.
    pub fn tracer<T: AsTracer + ?Sized>(mut self, tracer: &T) -> Self {
        if self.is_off {
            return self;
        }
        let choice = tracer.as_tracer();
        if let crate::TracerChoice::Ambient = choice {
            self.tracer = None;
            return self;
        }
        if let crate::TracerChoice::Assignment(assignment) = choice {
            self.attributes.extend(assignment.attributes());
        }
        self.tracer = chosen(&self.cx, choice, &self.location);
        self.is_off = self.tracer.is_none();
        self
    }

    /// The kind. Default internal.
    pub fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// The parent, whosoever span it is. An invalid one makes a root.
    pub fn parent(mut self, parent: SpanContext) -> Self {
        self.parent = Parent::Given(parent);
        self
    }

    /// Makes it a root.
    pub fn root(self) -> Self {
        self.parent(SpanContext::NONE)
    }

    /// Adds a link.
    pub fn link(mut self, span: SpanContext) -> Self {
        self.links.push(span);
        self
    }

    /// Adds an attribute; a `None` is left out. Recorded if the trace is sampled; the sampler does not see it.
    pub fn attribute<V: ToAttribute>(mut self, key: impl Into<Key>, value: V) -> Self {
        if !self.is_off
            && let Some(value) = value.to_attribute()
        {
            self.attributes.push(KeyValue::new(key, value));
        }
        self
    }

    /// Starts the span, current nowhere.
    pub fn start(self) -> ManualSpan {
        let Self { name, kind, cx, tracer, parent, links, attributes, location, is_off } = self;
        let tracer = if is_off { None } else { tracer.or_else(|| ambient(&cx)) };
        let Some((registry, core)) = tracer.filter(|(_, core)| core.is_on()) else {
            return ManualSpan::new(cx, false);
        };
        let new = NewSpan { name, kind, parent, links, attributes: Vec::new() };
        let code = || {
            [
                KeyValue::new("code.file.path", location.file()),
                KeyValue::new("code.line.number", i64::from(location.line())),
            ]
        };
        match core.start(&registry, &cx, new, code) {
            Started::Unsampled => ManualSpan::new(cx, false),
            Started::Opened { cx, recording } => {
                if recording && !attributes.is_empty() {
                    cx.span().set_attributes(attributes);
                }
                ManualSpan::new(cx, recording)
            }
        }
    }

    /// Starts the span and makes it current until the guard is dropped.
    pub fn enter(self) -> SpanGuard {
        SpanGuard::from_span(self.start())
    }

    /// Runs `f` in the span.
    pub fn in_scope<R>(self, f: impl FnOnce() -> R) -> R {
        let _span = self.enter();
        f()
    }

    /// Runs `future` in the span, which starts at the first poll and is current during each. The parent is that of this place, so
    /// that the result may be spawned.
    pub fn in_future<F: Future>(self, future: F) -> InSpan<F> {
        InSpan::new(self, future)
    }

    /// Goes on from `now` if another tracer was entered since, as `future.with_tracer(..)` does.
    pub(super) fn follow_switch(mut self, current: &Context) -> Self {
        if let Some(entered) = Frame::of(current)
            && !Frame::of(&self.cx).is_some_and(|frame| frame.ptr_eq(entered))
        {
            self.cx = current.clone();
        }
        self
    }
}

/// What a function that names no tracer uses in `cx`.
fn ambient(cx: &Context) -> Option<(Registry, Arc<TracerCore>)> {
    if let Some(frame) = Frame::of(cx) {
        return Some((frame.registry().clone(), Arc::clone(frame.tracer())));
    }
    let registry = Registry::installed()?;
    Some((registry.clone(), Arc::clone(registry.snapshot().default_tracer())))
}
