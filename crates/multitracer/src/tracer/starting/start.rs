//! The one place where spans start: sampling, parent, limits and copied baggage.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::time::now;
use opentelemetry::trace::{Event, Link, Span as _, SpanContext, SpanKind, TraceContextExt as _, TraceFlags};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::SamplingDecision;

use super::own_span::OwnSpan;
use super::span_limit::SpanPermit;
use crate::config::{OnSwitch, RemoteParent};
use crate::export::is_export_thread;
use crate::record::{CodePlace, RecordLimits, SpanRecord};
use crate::tracer::ambient::frame::Frame;
use crate::tracer::ambient::nearest::{NearestSpan, nearest_span};
use crate::tracer::named::Tracer;
use crate::tracer::owner::span_id::{
    is_owner, new_root, new_span_id, new_unnamed_root, owner, unsampled_root,
};
use crate::tracer::sampling::Question;
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
    /// The place of a traced function.
    pub(crate) code: Option<CodePlace>,
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

/// The data that a span has at its start.
pub(in crate::tracer) struct Seed {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: SpanKind,
    /// `None` for the current time.
    pub(super) start_time: Option<SystemTime>,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) links: Vec<Link>,
    pub(super) events: Vec<Event>,
    pub(super) code: Option<CodePlace>,
    pub(super) scope: Option<Arc<InstrumentationScope>>,
}

impl Seed {
    pub(super) fn new(name: Cow<'static, str>, kind: SpanKind) -> Self {
        Self {
            name,
            kind,
            start_time: None,
            attributes: Vec::new(),
            links: Vec::new(),
            events: Vec::new(),
            code: None,
            scope: None,
        }
    }
}

impl Started {
    fn without_span(cx: Context) -> Self {
        Self::Opened { cx, recording: false }
    }
}

impl NewSpan {
    /// Describes a span under the nearest enclosing span of its tracer.
    pub(crate) fn new(name: Cow<'static, str>, kind: SpanKind) -> Self {
        Self { name, kind, parent: Parent::Nearest, links: Vec::new(), attributes: Vec::new(), code: None }
    }
}

impl Tracer {
    /// Starts a span of this tracer under `cx`.
    pub(crate) fn start(&self, cx: &Context, new: NewSpan) -> Started {
        self.start_with(cx, new, |_, _| ())
    }

    /// Starts a span. `complete` adds to its record before the copied baggage.
    pub(super) fn start_with(
        &self,
        cx: &Context,
        new: NewSpan,
        complete: impl FnOnce(&mut SpanRecord, &RecordLimits),
    ) -> Started {
        if cx.is_telemetry_suppressed() || is_export_thread() {
            return Started::Unsampled;
        }
        let tracer = self.build_of(&new.parent);
        if matches!(&tracer, Cow::Owned(other) if !other.is_on()) {
            return Started::without_span(Frame::silence(cx, tracer.into_owned()));
        }
        let NewSpan { name, kind, parent, links, attributes, code } = new;
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
        let seed = Seed { attributes, code, ..Seed::new(name, kind) };
        let span = tracer.make(cx, seed, admitted, complete);
        let cx = tracer.enter_with_span(cx, is_ambient, span.span_context());
        if span.is_recording() {
            return Started::Opened { cx: cx.with_span(span), recording: true };
        }
        // the context needs the identity only
        Started::without_span(cx.with_remote_span_context(span.span_context().clone()))
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
                Some(frame) => frame.would_forget(current, span, self.core().id()),
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
        let parent = match parent {
            Parent::Given(span) => self.given_parent(span, &mut links),
            Parent::Nearest => {
                self.allowed_parent(nearest_span(cx, self.set(), self.core().id()), &mut links)?
            }
        };
        self.admit_under(parent, links)
    }

    /// Takes a permit in the trace of `parent`. Counts a span that does not start.
    pub(super) fn admit_under(
        &self,
        parent: Option<SpanContext>,
        links: Vec<SpanContext>,
    ) -> Result<Admitted, NotStarted> {
        let core = self.core();
        let is_unsampled = |span: &SpanContext| !span.is_sampled() && !span.is_remote();
        let parent = match parent {
            Some(parent) if is_unsampled(&parent) && !core.sampling.samples_unsampled_traces() => {
                core.sinks.here().count(false);
                return Err(NotStarted::Unsampled(parent));
            }
            parent => parent,
        };
        let permit = match (&core.span_limit, &parent) {
            (Some(limit), Some(parent)) => match limit.enter(parent.trace_id()) {
                Some(permit) => Some(permit),
                None => {
                    core.sinks.here().count(true);
                    core.pipeline.throttle();
                    return Err(NotStarted::SpanLimit);
                }
            },
            _ => None,
        };
        Ok(Admitted { parent, links, permit })
    }

    /// Asks the sampler, starts the span, counts it, and copies baggage to it.
    /// `complete` adds to its record.
    pub(in crate::tracer) fn make(
        &self,
        cx: &Context,
        seed: Seed,
        admitted: Admitted,
        complete: impl FnOnce(&mut SpanRecord, &RecordLimits),
    ) -> OwnSpan {
        let Admitted { parent, links, permit } = admitted;
        let core = self.core();
        let Seed { name, kind, start_time, attributes, links: mut all_links, events, code, scope } = seed;
        all_links.extend(links.into_iter().map(Link::with_context));
        let (build, names_root) = (core.id().build, core.sampling.names_roots());
        let (trace, span_id) = match &parent {
            Some(parent) => (parent.trace_id(), new_span_id(build, parent.trace_id())),
            None if names_root => new_root(build),
            None => new_unnamed_root(build),
        };
        let question = Question {
            parent: parent.as_ref(),
            trace,
            name: &name,
            kind: &kind,
            attributes: &attributes,
            code,
            links: &all_links,
        };
        let decision = core.sampling.decide(cx, &question);
        let parent_flags = parent.as_ref().map_or_else(TraceFlags::default, SpanContext::trace_flags);
        let flags = match decision.decision {
            SamplingDecision::RecordAndSample => parent_flags.with_sampled(true),
            SamplingDecision::RecordOnly => parent_flags.with_sampled(false),
            SamplingDecision::Drop => TraceFlags::default(),
        };
        let (trace, span_id) = match &parent {
            // the trace id also says if the root is sampled
            None if names_root && !flags.is_sampled() => unsampled_root(build, trace),
            _ => (trace, span_id),
        };
        let context = SpanContext::new(trace, span_id, flags, false, decision.trace_state);
        let sink = core.sinks.here();
        let record = (decision.decision != SamplingDecision::Drop).then(|| {
            let limits = sink.limits();
            let start_time = start_time.unwrap_or_else(now);
            let mut record = SpanRecord::start(&context, name, kind, parent.as_ref(), start_time);
            if let Some(code) = code {
                record.set_code(code, limits);
            }
            let mut attributes = attributes;
            attributes.extend(decision.attributes);
            if !attributes.is_empty() {
                record.add_attributes(attributes, limits);
            }
            if !events.is_empty() {
                record.set_first_events(events, limits);
            }
            if !all_links.is_empty() {
                record.set_first_links(all_links, limits);
            }
            if let Some(scope) = scope {
                record.set_scope(scope);
            }
            complete(&mut record, limits);
            self.copy_baggage(cx, &mut record, limits);
            record
        });
        sink.count(flags.is_sampled());
        let permit = permit.or_else(|| core.span_limit.as_ref()?.enter(trace));
        OwnSpan::new(context, record, Arc::clone(sink), permit)
    }

    /// Returns the parent by the rules `on_switch` and `remote_parent`. If they forbid a parent,
    /// the nearest span becomes a link.
    pub(super) fn allowed_parent(
        &self,
        nearest: NearestSpan,
        links: &mut Vec<SpanContext>,
    ) -> Result<Option<SpanContext>, NotStarted> {
        let (span, is_foreign) = match nearest {
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
    fn copy_baggage(&self, cx: &Context, record: &mut SpanRecord, limits: &RecordLimits) {
        if !self.set().copies_baggage() {
            return;
        }
        let baggage = cx.baggage();
        for (entry, attribute) in &self.set().roster().copied_baggage {
            if let Some(value) = baggage.get(entry.as_str()) {
                record.set_attribute(KeyValue::new(attribute.clone(), value.clone()), limits);
            }
        }
    }
}
