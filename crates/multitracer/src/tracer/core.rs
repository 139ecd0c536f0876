//! One built tracer: its provider, its pipeline, its counters.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    Link, Span as _, SpanBuilder, SpanContext, SpanKind, TraceContextExt, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};

use super::ambient::{Around, Frame, around};
use super::enabled::On;
use super::interned_name::TracerId;
use super::sampling::Sampling;
use super::span_limit::{SpanLimit, SpanPermit};
use super::tagged_span::TaggedSpan;
use crate::config::model::CaptureConfig;
use crate::config::{OnSwitch, RemoteParent};
use crate::export::Pipeline;
use crate::registry::Registry;

/// What a `Tracer` stands for.
pub(crate) struct TracerCore {
    pub(crate) info: TracerInfo,
    pub(crate) id: TracerId,
    pub(crate) capture: CaptureConfig,
    pub(crate) pipeline: Arc<Pipeline>,
    /// Makes the tracers of other scopes.
    pub(crate) provider: SdkTracerProvider,
    pub(crate) sdk: SdkTracer,
    pub(crate) sampling: Arc<Sampling>,
    /// `limits.max_spans_per_trace`.
    pub(crate) cap: Option<Arc<SpanLimit>>,
    pub(crate) counts: Counts,
    pub(crate) switch: Switch,
}

/// Whether a tracer makes spans.
#[derive(Debug)]
pub(crate) struct Switch {
    on: AtomicBool,
    counted: Mutex<Option<On>>,
}

impl Switch {
    pub(crate) fn new(on: bool) -> Self {
        Self { on: AtomicBool::new(on), counted: Mutex::new(on.then(On::new)) }
    }

    pub(crate) fn on(&self) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(On::new);
        self.on.store(true, Ordering::Relaxed);
    }

    pub(crate) fn off(&self) {
        self.on.store(false, Ordering::Relaxed);
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// What a tracer is, for people to read. Holds no secret.
#[derive(Clone, Debug)]
pub(crate) struct TracerInfo {
    pub(crate) name: Arc<str>,
    pub(crate) project: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    pub(crate) exporter: String,
    pub(crate) sampler: String,
}

/// Spans as they start: each is in one of the two.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sampled: AtomicU64,
    pub(crate) sampled_out: AtomicU64,
}

/// A span about to start.
#[derive(Debug)]
pub(crate) struct NewSpan {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) parent: Parent,
    pub(crate) links: Vec<SpanContext>,
    /// What the sampler sees.
    pub(crate) attributes: Vec<KeyValue>,
}

/// Where a new span belongs.
#[derive(Debug)]
pub(crate) enum Parent {
    /// Under the nearest enclosing span of the same tracer.
    Nearest,
    /// Under this one, whosoever it is; an invalid one makes a root.
    Given(SpanContext),
}

/// What starting a span came to.
#[derive(Debug)]
pub(crate) enum Started {
    /// The trace around is not sampled, and the context says so already.
    Unsampled,
    /// A context in which the new span is current.
    Opened { cx: Context, recording: bool },
}

/// Attributes that most spans have no more than.
const USUAL_ATTRIBUTES: usize = 8;

impl TracerCore {
    pub(crate) fn id(&self) -> TracerId {
        self.id
    }

    pub(crate) fn is_on(&self) -> bool {
        self.switch.on.load(Ordering::Relaxed)
    }

    /// Starts a span of this tracer under `cx`; `code` is recorded on it if it is sampled.
    pub(crate) fn start<const N: usize>(
        self: &Arc<Self>,
        registry: &Registry,
        cx: &Context,
        mut new: NewSpan,
        code: impl FnOnce() -> [KeyValue; N],
    ) -> Started {
        if cx.is_telemetry_suppressed() {
            return Started::Unsampled;
        }
        let ambient = match Frame::of(cx) {
            Some(frame) => Arc::ptr_eq(frame.tracer(), self),
            None => registry.is_installed() && registry.stands_for(cx, self.id),
        };
        let parent = match new.parent {
            Parent::Given(ref span) => span.is_valid().then(|| span.clone()),
            Parent::Nearest => self.nearest(registry, cx, &mut new.links),
        };
        let enter = |cx: &Context| if ambient { cx.clone() } else { Frame::enter(cx, registry, self) };
        let unsampled = |span: &&SpanContext| !span.is_sampled() && !span.is_remote();
        if let Some(parent) = parent.as_ref().filter(unsampled).filter(|_| !self.sampling.revives()) {
            // the trace was left out at its root, and no part of it comes back
            self.counts.sampled_out.fetch_add(1, Ordering::Relaxed);
            let current = cx.span().span_context() == parent;
            return match (ambient, current) {
                (true, true) => Started::Unsampled,
                (false, true) => Started::Opened { cx: enter(cx), recording: false },
                (_, false) => {
                    let cx = enter(cx).with_remote_span_context(parent.clone());
                    Started::Opened { cx, recording: false }
                }
            };
        }

        let Ok(permit) = self.permit_in(parent.as_ref()) else {
            return match ambient {
                true => Started::Unsampled,
                false => Started::Opened { cx: enter(cx), recording: false },
            };
        };
        let parent_cx = self.parent_cx(cx, parent.as_ref());
        // with room for what a function usually adds: each attribute that is set later costs a lock, and growing costs more
        let mut attributes = Vec::with_capacity(USUAL_ATTRIBUTES.max(new.attributes.len() + N));
        attributes.append(&mut new.attributes);
        attributes.extend(code());
        new.attributes = attributes;
        let mut span = self.sdk.build_with_context(new.into_builder(), &parent_cx);
        let recording = span.is_recording();
        if recording {
            copy_baggage(registry, cx, &mut span);
        }
        Started::Opened { cx: enter(cx).with_span(self.made(span, permit)), recording }
    }

    /// The context that the SDK finds `parent` in.
    pub(super) fn parent_cx(&self, cx: &Context, parent: Option<&SpanContext>) -> Context {
        match parent {
            Some(span) if cx.span().span_context() == span => cx.clone(),
            Some(span) => cx.with_remote_span_context(span.clone()),
            None if cx.has_active_span() => Context::new(),
            None => cx.clone(),
        }
    }

    /// A place in the trace of `parent` for one more span, where traces are capped. A span that gets none is counted.
    pub(super) fn permit_in(&self, parent: Option<&SpanContext>) -> Result<Option<SpanPermit>, Full> {
        let (Some(cap), Some(parent)) = (&self.cap, parent) else { return Ok(None) };
        let permit = cap.enter(parent.trace_id());
        if permit.is_none() {
            self.counts.sampled.fetch_add(1, Ordering::Relaxed);
            self.pipeline.throttle();
            return Err(Full);
        }
        Ok(permit)
    }

    /// Counts a span that the SDK has made, and gives it its place.
    pub(super) fn made(&self, span: Span, permit: Option<SpanPermit>) -> TaggedSpan<Span> {
        let context = span.span_context();
        let count = if context.is_sampled() { &self.counts.sampled } else { &self.counts.sampled_out };
        count.fetch_add(1, Ordering::Relaxed);
        let permit = permit.or_else(|| self.cap.as_ref()?.enter(context.trace_id()));
        TaggedSpan::new(span, self.id, permit)
    }

    /// The parent that the rules of switching and of remote parents give; else a link, or nothing.
    pub(super) fn nearest(
        &self,
        registry: &Registry,
        cx: &Context,
        links: &mut Vec<SpanContext>,
    ) -> Option<SpanContext> {
        let (span, foreign) = match around(cx, registry, self.id) {
            Around::Nothing => return None,
            Around::Own(span) | Around::OwnFurtherOut(span) => (span, false),
            Around::Foreign(span) => (span, true),
        };
        let child = match (span.is_remote(), foreign) {
            (false, false) => true,
            (false, true) => registry.snapshot().on_switch() == OnSwitch::Child,
            (true, false) => registry.snapshot().remote_parent() != RemoteParent::Link,
            (true, true) => registry.snapshot().remote_parent() == RemoteParent::Child,
        };
        if child {
            return Some(span);
        }
        links.push(span);
        None
    }
}

/// The trace of a span has had all its spans.
#[derive(Debug)]
pub(super) struct Full;

/// Puts the baggage entries that the configuration names on a span.
pub(super) fn copy_baggage(registry: &Registry, cx: &Context, span: &mut Span) {
    let baggage = cx.baggage();
    if baggage.is_empty() {
        return;
    }
    for (entry, attribute) in registry.snapshot().copied_baggage() {
        if let Some(value) = baggage.get(entry.as_str()) {
            span.set_attribute(KeyValue::new(attribute.clone(), value.clone()));
        }
    }
}

impl NewSpan {
    fn into_builder(self) -> SpanBuilder {
        let mut builder = SpanBuilder::from_name(self.name).with_kind(self.kind);
        if !self.attributes.is_empty() {
            builder = builder.with_attributes(self.attributes);
        }
        if !self.links.is_empty() {
            builder = builder.with_links(self.links.into_iter().map(Link::with_context).collect());
        }
        builder
    }
}

impl fmt::Debug for TracerCore {
    /// Leaves the SDK's tracer out: its own output shows an exporter's credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("info", &self.info).field("on", &self.is_on()).finish_non_exhaustive()
    }
}
