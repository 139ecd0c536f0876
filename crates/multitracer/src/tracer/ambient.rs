//! Which tracer a `Context` carries, and whose the spans around it are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::core::TracerCore;
use super::interned_name::TracerId;
use super::span_owners::owner;
use crate::registry::Registry;

/// Set once any frame exists, so that a process that never switches skips the look-up.
static FRAMES_EXIST: AtomicBool = AtomicBool::new(false);

/// The entry of a `Context` that names the ambient tracer.
///
/// A frame is made only where the tracer changes. Every span that becomes current under a frame is its
/// tracer's, except the one that was current when the frame was made.
#[derive(Clone)]
pub(crate) struct Frame(Arc<Inner>);

struct Inner {
    registry: Registry,
    tracer: Arc<TracerCore>,
    inherited: Option<Ancestor>,
    outer: Option<Arc<Enclosing>>,
}

/// A span and the tracer that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Ancestor {
    tracer: TracerId,
    span: SpanContext,
}

/// The spans of other tracers around a frame, innermost first, one per tracer.
struct Enclosing {
    ancestor: Ancestor,
    outer: Option<Arc<Self>>,
}

impl Frame {
    /// The frame that `cx` carries, if any.
    pub(crate) fn of(cx: &Context) -> Option<&Self> {
        if FRAMES_EXIST.load(Ordering::Relaxed) { cx.get::<Self>() } else { None }
    }

    /// Whether the two were entered at the same place and time.
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether `span` is the one that was current when the frame was made.
    pub(super) fn inherits(&self, span: &SpanContext) -> bool {
        self.0.inherited.as_ref().is_some_and(|inherited| is_same(&inherited.span, span))
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    pub(crate) fn tracer(&self) -> &Arc<TracerCore> {
        &self.0.tracer
    }

    /// `cx` with `tracer` as its ambient tracer. The current span, if any, stays current and stays its
    /// own tracer's.
    pub(crate) fn enter(cx: &Context, registry: &Registry, tracer: &Arc<TracerCore>) -> Context {
        FRAMES_EXIST.store(true, Ordering::Relaxed);
        let inherited = current_ancestor(cx, registry);
        let outer = Self::of(cx).and_then(|frame| frame.0.outer.clone());
        let outer = match &inherited {
            Some(ancestor) => Some(Arc::new(Enclosing {
                outer: without(outer.as_ref(), ancestor.tracer),
                ancestor: ancestor.clone(),
            })),
            None => outer,
        };
        let (registry, tracer) = (registry.clone(), Arc::clone(tracer));
        cx.with_value(Self(Arc::new(Inner { registry, tracer, inherited, outer })))
    }

    /// `cx`, whose current span is remote and known to be `tracer`'s, with `tracer` as its ambient tracer.
    pub(crate) fn enter_remote(cx: &Context, registry: &Registry, tracer: &Arc<TracerCore>) -> Context {
        FRAMES_EXIST.store(true, Ordering::Relaxed);
        let inherited = Some(Ancestor { tracer: tracer.id(), span: cx.span().span_context().clone() });
        let outer = Self::of(cx).and_then(|frame| frame.0.outer.clone());
        let (registry, tracer) = (registry.clone(), Arc::clone(tracer));
        cx.with_value(Self(Arc::new(Inner { registry, tracer, inherited, outer })))
    }

    /// `cx`, whose current span is `tracer`'s own, with `tracer` as its ambient tracer.
    #[cfg(feature = "tracing")]
    pub(crate) fn adopt(cx: &Context, registry: &Registry, tracer: &Arc<TracerCore>) -> Context {
        FRAMES_EXIST.store(true, Ordering::Relaxed);
        let (registry, tracer) = (registry.clone(), Arc::clone(tracer));
        cx.with_value(Self(Arc::new(Inner { registry, tracer, inherited: None, outer: None })))
    }

    fn enclosing(&self, tracer: TracerId) -> Option<&SpanContext> {
        let mut next = self.0.outer.as_ref();
        while let Some(enclosing) = next {
            if enclosing.ancestor.tracer == tracer {
                return Some(&enclosing.ancestor.span);
            }
            next = enclosing.outer.as_ref();
        }
        None
    }
}

/// `list` less the entry of `tracer`, which a nearer span replaces.
fn without(list: Option<&Arc<Enclosing>>, tracer: TracerId) -> Option<Arc<Enclosing>> {
    let list = list?;
    if list.ancestor.tracer == tracer {
        return list.outer.clone();
    }
    match without(list.outer.as_ref(), tracer) {
        None if list.outer.is_none() => Some(Arc::clone(list)),
        outer => Some(Arc::new(Enclosing { ancestor: list.ancestor.clone(), outer })),
    }
}

/// The current span of `cx` and the tracer that owns it: the frame's, or the default one's where no frame is. A remote
/// span is the default one's.
fn current_ancestor(cx: &Context, registry: &Registry) -> Option<Ancestor> {
    let span = cx.span();
    let span = span.span_context();
    if !span.is_valid() {
        return None;
    }
    let tracer = match Frame::of(cx) {
        None => match owner(span) {
            Some(owner) => owner.core.id(),
            None => Registry::installed().unwrap_or(registry).owner_in(cx),
        },
        Some(frame) => match &frame.0.inherited {
            Some(inherited) if is_same(&inherited.span, span) => inherited.tracer,
            // read from a message since: nobody says that it was in this tracer
            _ if span.is_remote() => frame.0.registry.default_id(),
            _ => frame.0.tracer.id(),
        },
    };
    Some(Ancestor { tracer, span: span.clone() })
}

fn is_same(a: &SpanContext, b: &SpanContext) -> bool {
    a.span_id() == b.span_id() && a.trace_id() == b.trace_id()
}

/// Which build of the tracer `id` the nearest local span around `cx` belongs to, among those of that name.
pub(crate) fn build_around(cx: &Context, registry: &Registry, id: TracerId) -> Option<TracerId> {
    let fits = |ancestor: &Ancestor| ancestor.tracer.has_name_of(id) && !ancestor.span.is_remote();
    if let Some(current) = current_ancestor(cx, registry).filter(fits) {
        return Some(current.tracer);
    }
    let mut next = Frame::of(cx).and_then(|frame| frame.0.outer.as_ref());
    while let Some(enclosing) = next {
        if fits(&enclosing.ancestor) {
            return Some(enclosing.ancestor.tracer);
        }
        next = enclosing.outer.as_ref();
    }
    None
}

/// The nearest spans around a place in the program, seen from one tracer.
#[derive(Debug)]
pub(crate) enum Around {
    /// No span at all.
    Nothing,
    /// The current span is the tracer's own.
    Own(SpanContext),
    /// The current span is another tracer's, and this is the nearest one of the tracer's own.
    OwnFurtherOut(SpanContext),
    /// The current span is another tracer's, and none of the tracer's own encloses it.
    Foreign(SpanContext),
}

/// What encloses `cx` for `tracer`.
pub(crate) fn around(cx: &Context, registry: &Registry, tracer: TracerId) -> Around {
    let Some(current) = current_ancestor(cx, registry) else {
        return match Frame::of(cx).and_then(|frame| frame.enclosing(tracer)) {
            Some(own) => Around::OwnFurtherOut(own.clone()),
            None => Around::Nothing,
        };
    };
    if current.tracer == tracer {
        return Around::Own(current.span);
    }
    match Frame::of(cx).and_then(|frame| frame.enclosing(tracer)) {
        Some(own) => Around::OwnFurtherOut(own.clone()),
        None => Around::Foreign(current.span),
    }
}
