//! The side of the SDK: a span of `SdkTracer` wherever ours makes one.
//!
//! The SDK knows one tracer and no registry. The rules of `docs/semantics.md` that choose a parent,
//! or make no span at all, are therefore written here a second time. Each place names its section.

use std::any::type_name;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::time::SystemTime;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    Link, Span, SpanBuilder, SpanContext, SpanRef, Status, TraceContextExt as _, Tracer, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

use super::program::{Manual, ManualCall};
use super::run::{ManualSpan, Side};
use super::sites::{Ending, manual_code, sites};
use super::world::World;
use crate::span_calls::scope;

pub(crate) struct Theirs<'a> {
    library: TheirTracer<'a>,
    own: SdkTracer,
}

#[derive(Clone)]
pub(crate) struct TheirTracer<'a> {
    world: &'a World,
    sdk: SdkTracer,
    counts: Rc<Counts>,
}

/// The counts that the section "Counts" promises.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) started: Cell<u64>,
    pub(crate) sampled_out: Cell<u64>,
}

#[derive(Debug)]
pub(crate) enum TheirSpan {
    Sdk(Box<SdkSpan>),
    /// A span that records nothing, with the span context of the trace around it.
    Silent(SpanContext),
}

/// The outcome of a start that may make no span.
enum Started {
    Span(Box<SdkSpan>),
    /// The trace of this parent is not sampled.
    Unsampled(SpanContext),
    Suppressed,
}

impl<'a> Theirs<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let sdk = world.provider.tracer_with_scope(scope(world.settings.scope));
        let name = InstrumentationScope::builder("multitracer").with_version(env!("CARGO_PKG_VERSION"));
        let own = world.provider.tracer_with_scope(name.build());
        Self { library: TheirTracer { world, sdk, counts: Rc::default() }, own }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.library.counts
    }

    /// Starts a span of multitracer's own scope. The result is the context of its inside, and
    /// `true` if the span records.
    fn open(&self, builder: SpanBuilder, given: Option<SpanContext>) -> (Context, bool) {
        let cx = Context::current();
        match self.library.start(&self.own, builder, &cx, given) {
            Started::Suppressed => (cx, false),
            // section "Sampling": no span object, and the context keeps the unsampled span
            Started::Unsampled(parent) if *cx.span().span_context() == parent => (cx, false),
            Started::Unsampled(parent) => (cx.with_remote_span_context(parent), false),
            Started::Span(span) => {
                let is_recording = span.is_recording();
                (cx.with_span(*span), is_recording)
            }
        }
    }

    /// Runs `body` in a span that records `fields` at its start and `ending` at its end.
    fn run(&self, builder: SpanBuilder, fields: &[KeyValue], ending: &Ending, body: &mut dyn FnMut()) {
        let (cx, is_recording) = self.open(builder, None);
        if is_recording {
            cx.span().set_attributes(fields.iter().cloned());
        }
        {
            let _attached = cx.clone().attach();
            body();
        }
        if is_recording {
            match ending {
                Ending::Nothing => {}
                Ending::Returned(value) => cx.span().set_attribute(KeyValue::new("return", *value)),
                Ending::Failed(error) => fail(&cx.span(), error),
            }
            cx.span().end();
        }
    }
}

/// Marks a failed span: section "Attributes".
fn fail(span: &SpanRef<'_>, error: &'static str) {
    span.set_attribute(KeyValue::new("error.type", error));
    span.set_status(Status::error(""));
}

impl TheirTracer<'_> {
    fn start(
        &self,
        sdk: &SdkTracer,
        mut builder: SpanBuilder,
        cx: &Context,
        given: Option<SpanContext>,
    ) -> Started {
        self.world.ids.advance();
        if cx.is_telemetry_suppressed() {
            return Started::Suppressed;
        }
        let (parent, link) = self.parent(cx, given);
        self.counts.started.set(self.counts.started.get() + 1);
        if let Some(parent) = &parent
            && !parent.is_sampled()
            && !parent.is_remote()
            && !self.world.settings.samples_unsampled_traces()
        {
            // section "Sampling": a trace is sampled once, and no sampler is asked inside of it
            self.counts.sampled_out.set(self.counts.sampled_out.get() + 1);
            return Started::Unsampled(parent.clone());
        }
        if let Some(link) = link {
            builder.links.get_or_insert_default().push(Link::with_context(link));
        }
        let parent_cx = match parent {
            Some(parent) if *cx.span().span_context() == parent => cx.clone(),
            Some(parent) => cx.with_remote_span_context(parent),
            // the sampler of a root sees no parent, and neither the baggage beside a rejected one
            None if cx.has_active_span() => Context::new(),
            None => cx.clone(),
        };
        let mut span = sdk.build_with_context(builder, &parent_cx);
        if !span.span_context().is_sampled() {
            self.counts.sampled_out.set(self.counts.sampled_out.get() + 1);
        }
        // section "Attributes": the names in `baggage.attributes`
        if self.world.settings.copies_baggage
            && let Some(user) = cx.baggage().get("user")
        {
            span.set_attribute(KeyValue::new("enduser.pseudo.id", user.clone()));
        }
        Started::Span(Box::new(span))
    }

    /// Returns the parent and the additional link of a new span: section "Which parent".
    fn parent(&self, cx: &Context, given: Option<SpanContext>) -> (Option<SpanContext>, Option<SpanContext>) {
        let is_given = given.is_some();
        let around = given.unwrap_or_else(|| cx.span().span_context().clone());
        if !around.is_valid() {
            return (None, None);
        }
        let is_parent = match around.is_remote() {
            true => is_given || !self.world.settings.links_remote,
            // a foreign span is no parent
            false => self.world.ids.is_own(around.span_id()),
        };
        if is_parent { (Some(around), None) } else { (None, Some(around)) }
    }
}

impl Tracer for TheirTracer<'_> {
    type Span = TheirSpan;

    fn build_with_context(&self, builder: SpanBuilder, cx: &Context) -> TheirSpan {
        match self.start(&self.sdk, builder, cx, None) {
            Started::Span(span) => TheirSpan::Sdk(span),
            Started::Unsampled(parent) => TheirSpan::Silent(parent),
            // the SDK gives an invalid span context; ours keeps the one of the trace around it
            Started::Suppressed => TheirSpan::Silent(cx.span().span_context().clone()),
        }
    }
}

impl<'a> Side for Theirs<'a> {
    type Tracer = TheirTracer<'a>;
    type Span = TheirSpan;
    type Manual = TheirManual;

    fn base(&self) -> Context {
        Context::new()
    }

    fn tracer(&self) -> TheirTracer<'a> {
        self.library.clone()
    }

    fn start_manual(&self, manual: &Manual, parent: Option<SpanContext>) -> TheirManual {
        let mut builder = SpanBuilder::from_name(manual.name)
            .with_kind(manual.kind.clone())
            .with_attributes(manual_code().to_vec());
        if !manual.links.is_empty() {
            builder.links = Some(manual.links.iter().cloned().map(Link::with_context).collect());
        }
        let (cx, is_recording) = self.open(builder, parent);
        if is_recording {
            cx.span().set_attributes(manual.attributes.iter().cloned());
        }
        TheirManual { cx, is_recording }
    }

    fn traced(&self, site: usize, body: &mut dyn FnMut()) {
        let site = &sites()[site];
        // the place in the source counts towards the limit of attributes, before all others
        let builder = SpanBuilder::from_name(site.name).with_kind(site.kind.clone());
        self.run(builder.with_attributes(site.code.clone()), &site.fields, &site.ending, body);
    }

    fn in_span(&self, name: &'static str, body: &mut dyn FnMut()) {
        self.run(SpanBuilder::from_name(name), &[], &Ending::Nothing, body);
    }

    fn enrich(&self, attributes: Vec<KeyValue>) -> bool {
        let cx = Context::current();
        cx.span().set_attributes(attributes);
        cx.span().is_recording()
    }
}

/// The SDK's span in the place of multitracer's `ManualSpan`.
pub(crate) struct TheirManual {
    cx: Context,
    is_recording: bool,
}

impl ManualSpan for TheirManual {
    fn context(&self) -> &Context {
        &self.cx
    }

    fn call(&mut self, call: &ManualCall) {
        if !self.is_recording {
            return;
        }
        let span = self.cx.span();
        match call.clone() {
            ManualCall::Set(attribute) => span.set_attribute(attribute),
            ManualCall::Event(name, attributes) => span.add_event(name, attributes),
            ManualCall::Fail => fail(&span, type_name::<fmt::Error>()),
            ManualCall::End => {
                span.end();
                self.is_recording = false;
            }
        }
    }
}

impl Drop for TheirManual {
    fn drop(&mut self) {
        self.call(&ManualCall::End);
    }
}

impl TheirSpan {
    fn sdk(&mut self) -> Option<&mut SdkSpan> {
        match self {
            Self::Sdk(span) => Some(span),
            Self::Silent(_) => None,
        }
    }
}

impl Span for TheirSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.sdk() {
            span.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        match self {
            Self::Sdk(span) => span.span_context(),
            Self::Silent(span) => span,
        }
    }

    fn is_recording(&self) -> bool {
        matches!(self, Self::Sdk(span) if span.is_recording())
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(span) = self.sdk() {
            span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(span) = self.sdk() {
            span.set_status(status);
        }
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.sdk() {
            span.update_name(name);
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(span) = self.sdk() {
            span.add_link(span_context, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(span) = self.sdk() {
            span.end_with_timestamp(timestamp);
        }
    }
}
