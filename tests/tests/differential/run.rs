//! The run of a program, which is the same code for both sides.

use std::collections::BTreeMap;
use std::time::SystemTime;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{Span, SpanBuilder, SpanContext, SpanRef, TraceContextExt as _, Tracer};
use opentelemetry::{Context, KeyValue};

use super::program::{Around, Given, Hold, Id, Kind, Manual, ManualCall, Place, Step};
use crate::span_calls::Call;

/// One side of the comparison.
pub(crate) trait Side: Sized {
    type Tracer: Tracer<Span = Self::Span> + Clone;
    type Span: Span + Send + Sync + 'static;
    type Manual: ManualSpan;

    /// Returns the context in which a program begins. No span is current there.
    fn base(&self) -> Context;

    /// Returns a tracer of OpenTelemetry's interface.
    fn tracer(&self) -> Self::Tracer;

    /// Starts a span in the current context, as multitracer's builder does.
    fn start_manual(&self, manual: &Manual, parent: Option<SpanContext>) -> Self::Manual;

    /// Runs `body` in the span of a traced function.
    fn traced(&self, site: usize, body: &mut dyn FnMut());

    /// Runs `body` in a span of multitracer's `in_span`.
    fn in_span(&self, name: &'static str, body: &mut dyn FnMut());

    /// Sets attributes on the current span, and returns `true` if it records.
    fn enrich(&self, attributes: Vec<KeyValue>) -> bool;
}

/// A span of multitracer's builder, which ends when it is dropped.
pub(crate) trait ManualSpan {
    fn context(&self) -> &Context;
    fn call(&mut self, call: &ManualCall);
}

/// A kept span.
enum Kept<S: Side> {
    Owned(S::Span),
    Context(Context),
    Manual(S::Manual),
}

/// The state of a span, after one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    step: Id,
    span: SpanContext,
    is_recording: bool,
    /// The number of attributes that `set_attributes` took out of its iterator.
    taken: usize,
}

/// The results of a run.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) seen: Vec<Seen>,
    /// The spans of the places that start spans, in the order of their starts.
    pub(crate) started: Vec<SpanContext>,
    /// A reading of the clock before each step, and after the last one.
    pub(crate) clock: Vec<SystemTime>,
}

struct Run<'a, S: Side> {
    side: &'a S,
    kept: BTreeMap<Id, Kept<S>>,
    trail: Trail,
}

/// Runs a program.
pub(crate) fn run<S: Side>(side: &S, body: &[Step]) -> Trail {
    let mut run = Run { side, kept: BTreeMap::new(), trail: Trail::default() };
    {
        let _attached = side.base().attach();
        run.block(body);
    }
    while let Some((_, kept)) = run.kept.pop_first() {
        run.tick();
        drop(kept);
    }
    run.tick();
    run.trail
}

impl<S: Side> Run<'_, S> {
    fn tick(&mut self) {
        self.trail.clock.push(SystemTime::now());
    }

    fn block(&mut self, block: &[Step]) {
        for step in block {
            self.tick();
            self.step(step);
        }
        self.tick();
    }

    fn step(&mut self, step: &Step) {
        let id = step.id;
        match &step.kind {
            Kind::Start { builder, place, hold, is_attached } => {
                let cx = self.place(place);
                let span = self.start(builder.clone(), &cx, *is_attached);
                self.trail.started.push(span.span_context().clone());
                let kept = match hold {
                    Hold::Owned => Kept::Owned(span),
                    Hold::Context => Kept::Context(cx.with_span(span)),
                };
                self.keep(id, kept);
            }
            Kind::Manual(manual) => {
                let parent = match &manual.parent {
                    Given::None => None,
                    Given::Other(span) => Some(span.clone()),
                    Given::SpanOf(id) => self.kept.get(id).map(Kept::span_context),
                };
                let span = self.side.start_manual(manual, parent);
                self.trail.started.push(span.context().span().span_context().clone());
                self.keep(id, Kept::Manual(span));
            }
            Kind::Keep => self.keep(id, Kept::Context(Context::current())),
            Kind::Call(on, call) => self.call(id, *on, call),
            Kind::Drop(on) => drop(self.kept.remove(on)),
            Kind::ManualCall(on, call) => {
                if let Some(Kept::Manual(span)) = self.kept.get_mut(on) {
                    span.call(call);
                }
                self.see_kept(id, *on, 0);
            }
            Kind::Enrich(attributes) => {
                let is_recording = self.side.enrich(attributes.clone());
                self.trail.seen.push(Seen { is_recording, ..Seen::of(id, &Context::current().span(), 0) });
            }
            Kind::Library(builder, place, body) => {
                let cx = self.place(place);
                let tracer = self.side.tracer();
                tracer.in_span_with_builder_and_context(builder.clone(), &cx, |_cx| self.body(id, body));
                self.see_current(id);
            }
            Kind::Traced(site, body) => {
                let side = self.side;
                side.traced(*site, &mut || self.body(id, body));
                self.see_current(id);
            }
            Kind::InSpan(name, body) => {
                let side = self.side;
                side.in_span(name, &mut || self.body(id, body));
                self.see_current(id);
            }
            Kind::Attach(place, body) => {
                let _attached = self.place(place).attach();
                self.see_current(id);
                self.block(body);
            }
        }
    }

    fn start(&self, builder: SpanBuilder, cx: &Context, is_attached: bool) -> S::Span {
        let tracer = self.side.tracer();
        if is_attached {
            let _attached = cx.clone().attach();
            return builder.start(&tracer);
        }
        tracer.build_with_context(builder, cx)
    }

    /// Runs the inside of a span that has just started.
    fn body(&mut self, id: Id, body: &[Step]) {
        self.trail.started.push(Context::current().span().span_context().clone());
        self.see_current(id);
        self.block(body);
    }

    fn keep(&mut self, id: Id, kept: Kept<S>) {
        self.kept.insert(id, kept);
        self.see_kept(id, id, 0);
    }

    fn call(&mut self, id: Id, on: Id, call: &Call) {
        let taken = match self.kept.get_mut(&on) {
            Some(Kept::Owned(span)) => call.on_span(span),
            Some(Kept::Context(cx)) => call.on_current(&cx.span()),
            Some(Kept::Manual(span)) => call.on_current(&span.context().span()),
            // the call of a body on the span around it
            None => call.on_current(&Context::current().span()),
        };
        self.see_kept(id, on, taken);
    }

    fn place(&self, place: &Place) -> Context {
        let mut cx = match &place.around {
            Around::Current => Context::current(),
            Around::Nothing => self.side.base(),
            Around::SpanOf(id) => match self.kept.get(id) {
                Some(Kept::Owned(span)) => {
                    self.side.base().with_remote_span_context(span.span_context().clone())
                }
                Some(Kept::Context(cx)) => cx.clone(),
                Some(Kept::Manual(span)) => span.context().clone(),
                None => Context::current(),
            },
            Around::Remote(span) => Context::current().with_remote_span_context(span.clone()),
            Around::Stranger(span) => self.side.base().with_remote_span_context(span.clone()),
        };
        if let Some(user) = place.user {
            cx = cx.with_baggage([KeyValue::new("user", user)]);
        }
        if place.is_suppressed { cx.with_telemetry_suppressed() } else { cx }
    }

    fn see_kept(&mut self, step: Id, on: Id, taken: usize) {
        match self.kept.get(&on) {
            Some(Kept::Owned(span)) => {
                let (span, is_recording) = (span.span_context().clone(), span.is_recording());
                self.trail.seen.push(Seen { step, span, is_recording, taken });
            }
            Some(Kept::Context(cx)) => self.trail.seen.push(Seen::of(step, &cx.span(), taken)),
            Some(Kept::Manual(span)) => {
                let seen = Seen::of(step, &span.context().span(), taken);
                self.trail.seen.push(seen);
            }
            None => self.trail.seen.push(Seen::of(step, &Context::current().span(), taken)),
        }
    }

    fn see_current(&mut self, step: Id) {
        self.trail.seen.push(Seen::of(step, &Context::current().span(), 0));
    }
}

impl Seen {
    fn of(step: Id, span: &SpanRef<'_>, taken: usize) -> Self {
        Self { step, span: span.span_context().clone(), is_recording: span.is_recording(), taken }
    }
}

impl<S: Side> Kept<S> {
    fn span_context(&self) -> SpanContext {
        match self {
            Self::Owned(span) => span.span_context().clone(),
            Self::Context(cx) => cx.span().span_context().clone(),
            Self::Manual(span) => span.context().span().span_context().clone(),
        }
    }
}
