//! The one place where spans start: sampling, parent, limits and copied baggage.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::limited_span::LimitedSpan;
use super::span_limit::SpanPermit;
use crate::config::{OnSwitch, RemoteParent};
use crate::export::is_export_thread;
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::nearest::{NearestSpan, nearest_span};
use crate::tracer::named::Tracer;
use crate::tracer::owner::span_id::{expect_trace, is_owner, new_trace_id, owner};
use crate::tracer::tracer_set::TracerSet;

/// The description of a span that is about to start.
#[derive(Debug)]
pub(crate) struct NewSpan {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) parent: Parent,
    pub(crate) links: Vec<SpanContext>,
    /// Attributes that the sampler sees.
    pub(crate) attributes: Vec<KeyValue>,
}

/// The choice of a new span's parent.
#[derive(Debug)]
pub(crate) enum Parent {
    /// The nearest enclosing span of the same tracer.
    Nearest,
    /// This span. An invalid span context makes a root span.
    Given(SpanContext),
}

/// The outcome of starting a span.
#[derive(Debug)]
pub(crate) enum Started {
    /// No span started, and the caller's context stays in force. The trace is unsampled, or has
    /// reached its limit, or telemetry is suppressed.
    Unsampled,
    /// A context to run the work in. The new span is current there if it started.
    Opened { cx: Context, recording: bool },
}

/// A span that may start, with its place in the trace.
pub(in crate::tracer) struct Admitted {
    parent: Option<SpanContext>,
    links: Vec<SpanContext>,
    permit: Option<SpanPermit>,
}

/// The reason why a span does not start.
pub(in crate::tracer) enum NotStarted {
    /// The trace of this parent was not sampled at its root.
    Unsampled(SpanContext),
    /// The trace has reached `limits.max_spans_per_trace`.
    SpanLimit,
    /// The tracer was disabled where the work around this place began.
    Silent,
}

/// Initial attribute capacity; most spans stay below it.
const USUAL_ATTRIBUTES: usize = 8;

impl Started {
    fn without_span(cx: Context) -> Self {
        Self::Opened { cx, recording: false }
    }
}

impl NewSpan {
    /// Describes a span under the nearest enclosing span of its tracer.
    pub(crate) fn new(name: Cow<'static, str>, kind: SpanKind) -> Self {
        Self { name, kind, parent: Parent::Nearest, links: Vec::new(), attributes: Vec::new() }
    }
}

impl Tracer {
    /// Starts a span of this tracer under `cx`. A span that starts records the attributes of
    /// `code`.
    pub(crate) fn start<const N: usize>(
        &self,
        cx: &Context,
        new: NewSpan,
        code: impl FnOnce() -> [KeyValue; N],
    ) -> Started {
        if cx.is_telemetry_suppressed() || is_export_thread() {
            return Started::Unsampled;
        }
        let tracer = self.build_of(&new.parent);
        if matches!(&tracer, Cow::Owned(other) if !other.is_on()) {
            return Started::without_span(Frame::silence(cx, tracer.into_owned()));
        }
        let NewSpan { name, kind, parent, links, attributes: mut sampler_attributes } = new;
        let is_ambient = tracer.is_ambient(cx);
        let admitted = match tracer.admit(cx, parent, links) {
            Ok(admitted) => admitted,
            Err(NotStarted::Unsampled(parent)) => {
                let is_current = *cx.span().span_context() == parent;
                return match (is_ambient, is_current) {
                    (true, true) => Started::Unsampled,
                    (false, true) => Started::without_span(Frame::enter(cx, tracer.into_owned())),
                    (_, false) => {
                        let cx = tracer.enter_with_span(cx, is_ambient, &parent);
                        Started::without_span(cx.with_remote_span_context(parent))
                    }
                };
            }
            Err(NotStarted::SpanLimit) if is_ambient => return Started::Unsampled,
            Err(NotStarted::SpanLimit) => {
                return Started::without_span(Frame::enter(cx, tracer.into_owned()));
            }
            Err(NotStarted::Silent) => return Started::without_span(Frame::silence(cx, tracer.into_owned())),
        };
        // an attribute that is set later costs a lock, and a vector that grows costs an allocation
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES.max(sampler_attributes.len() + N));
        attributes.append(&mut sampler_attributes);
        attributes.extend(code());
        let mut builder = SpanBuilder::from_name(name).with_kind(kind);
        if !attributes.is_empty() {
            builder = builder.with_attributes(attributes);
        }
        let span = tracer.make(&tracer.core().sdk, cx, builder, admitted);
        let recording = span.is_recording();
        let cx = tracer.enter_with_span(cx, is_ambient, span.span_context());
        Started::Opened { cx: cx.with_span(span), recording }
    }

    /// Returns the build of this tracer that `parent` belongs to, else this build.
    ///
    /// A root of a build that a reload replaced starts in the new build.
    fn build_of(&self, parent: &Parent) -> Cow<'_, Self> {
        let begun = match parent {
            Parent::Given(span) if !is_owner(self.core().id().build, span) => owner(span),
            _ => None,
        };
        let begun = begun.and_then(|build| build.tracer()).filter(|id| id.has_name_of(self.core().id()));
        if let Some(core) = begun.and_then(|id| self.set().build(id)) {
            return Cow::Owned(self.sibling(core));
        }
        let is_root = matches!(parent, Parent::Given(span) if !span.is_valid());
        if is_root
            && self.set().has_draining()
            && let Some(latest) = self.set().roster().by_id(self.core().id().name)
        {
            return Cow::Owned(self.sibling(Arc::clone(latest)));
        }
        Cow::Borrowed(self)
    }

    /// Returns `true` if this build is the ambient tracer of `cx`.
    fn is_ambient(&self, cx: &Context) -> bool {
        match Frame::of(cx) {
            Some(frame) => !frame.is_silent() && Arc::ptr_eq(frame.tracer().core(), self.core()),
            None => {
                let (span, id) = (cx.span(), self.core().id());
                let span = span.span_context();
                is_owner(id.build, span)
                    || (owner(span).is_none()
                        && TracerSet::installed().is_some_and(|set| set.default_id() == id))
            }
        }
    }

    /// Returns `cx` with a frame that remembers `span` and what `span` hides, if it needs one. The
    /// caller makes the span of this tracer current.
    fn enter_with_span(&self, cx: &Context, is_ambient: bool, span: &SpanContext) -> Context {
        let current = cx.span();
        let current = current.span_context();
        let needs_frame = !is_ambient
            || match Frame::of(cx) {
                Some(frame) => frame.would_forget(current, self.core().id()),
                None => current.is_remote() && current.is_valid(),
            };
        if needs_frame { Frame::enter_with_span(cx, self.clone(), span.clone()) } else { cx.clone() }
    }

    /// Decides the parent of a new span, and takes a permit in the parent's trace. Counts a span
    /// that does not start.
    pub(in crate::tracer) fn admit(
        &self,
        cx: &Context,
        parent: Parent,
        mut links: Vec<SpanContext>,
    ) -> Result<Admitted, NotStarted> {
        let core = self.core();
        let parent = match parent {
            Parent::Given(span) => self.given_parent(span, &mut links),
            Parent::Nearest => self.nearest_parent(cx, &mut links)?,
        };
        let is_unsampled = |span: &SpanContext| !span.is_sampled() && !span.is_remote();
        let parent = match parent {
            Some(parent) if is_unsampled(&parent) && !core.sampling.samples_unsampled_traces() => {
                core.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
                return Err(NotStarted::Unsampled(parent));
            }
            parent => parent,
        };
        let permit = match (&core.span_limit, &parent) {
            (Some(limit), Some(parent)) => match limit.enter(parent.trace_id()) {
                Some(permit) => Some(permit),
                None => {
                    core.counts.sampled.fetch_add(1, Ordering::Relaxed);
                    core.pipeline.throttle();
                    return Err(NotStarted::SpanLimit);
                }
            },
            _ => None,
        };
        Ok(Admitted { parent, links, permit })
    }

    /// Starts the span with the SDK's tracer `sdk`, counts it, and copies baggage to it.
    pub(in crate::tracer) fn make(
        &self,
        sdk: &SdkTracer,
        cx: &Context,
        mut builder: SpanBuilder,
        admitted: Admitted,
    ) -> LimitedSpan<Span> {
        let Admitted { parent, links, permit } = admitted;
        if !links.is_empty() {
            let links = links.into_iter().map(Link::with_context);
            builder.links.get_or_insert_default().extend(links);
        }
        expect_trace(parent.as_ref().map_or_else(new_trace_id, SpanContext::trace_id));
        let parent_cx = match parent {
            Some(span) if *cx.span().span_context() == span => cx.clone(),
            Some(span) => cx.with_remote_span_context(span),
            None if cx.has_active_span() => Context::new(),
            None => cx.clone(),
        };
        let mut span = sdk.build_with_context(builder, &parent_cx);
        if span.is_recording() {
            self.copy_baggage(cx, &mut span);
        }
        let core = self.core();
        let context = span.span_context();
        let count = if context.is_sampled() { &core.counts.sampled } else { &core.counts.sampled_out };
        count.fetch_add(1, Ordering::Relaxed);
        let permit = permit.or_else(|| core.span_limit.as_ref()?.enter(context.trace_id()));
        LimitedSpan::new(span, permit)
    }

    /// Returns the parent by the rules `on_switch` and `remote_parent`. If they forbid a parent,
    /// the nearest span becomes a link.
    fn nearest_parent(
        &self,
        cx: &Context,
        links: &mut Vec<SpanContext>,
    ) -> Result<Option<SpanContext>, NotStarted> {
        let (span, is_foreign) = match nearest_span(cx, self.set(), self.core().id()) {
            NearestSpan::None => return Ok(None),
            NearestSpan::Silent(_) => return Err(NotStarted::Silent),
            NearestSpan::Own(span) | NearestSpan::OwnFurtherOut(span) => (span, false),
            NearestSpan::Foreign(span) => (span, true),
        };
        let is_parent = match (span.is_remote(), is_foreign) {
            (false, false) => true,
            (false, true) => self.continues_other_tracer(&span),
            (true, false) => self.set().roster().remote_parent != RemoteParent::Link,
            (true, true) => self.set().roster().remote_parent == RemoteParent::Child,
        };
        if is_parent {
            return Ok(Some(span));
        }
        links.push(span);
        Ok(None)
    }

    /// Returns the explicit parent. If the rules forbid it, it becomes a link.
    fn given_parent(&self, span: SpanContext, links: &mut Vec<SpanContext>) -> Option<SpanContext> {
        if !span.is_valid() {
            return None;
        }
        let is_own = span.is_remote() || is_owner(self.core().id().build, &span);
        if is_own || self.continues_other_tracer(&span) {
            return Some(span);
        }
        links.push(span);
        None
    }

    /// Returns `true` if the local `span` belongs to another tracer and the configuration lets this
    /// tracer continue its trace.
    fn continues_other_tracer(&self, span: &SpanContext) -> bool {
        self.set().roster().on_switch == OnSwitch::Child && owner(span).is_some()
    }

    /// Records the baggage entries that `baggage.attributes` of the configuration names.
    fn copy_baggage(&self, cx: &Context, span: &mut Span) {
        let baggage = cx.baggage();
        if baggage.is_empty() {
            return;
        }
        for (entry, attribute) in &self.set().roster().copied_baggage {
            if let Some(value) = baggage.get(entry.as_str()) {
                span.set_attribute(KeyValue::new(attribute.clone(), value.clone()));
            }
        }
    }
}
