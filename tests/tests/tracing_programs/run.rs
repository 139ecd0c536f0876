//! Random programs of calls on spans of `tracing`.

use std::error::Error;
use std::thread;
use std::time::SystemTime;

use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use tracing::span::EnteredSpan;
use tracing::{Dispatch, Span, dispatcher};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::sites::{EVENTS, SPANS, contextual_event, contextual_span, event_under, failure, span_under};
use crate::random::Random;

/// The largest number of open spans.
const SLOTS: usize = 6;
const STEPS: usize = 24;

/// The state of a program that runs.
#[derive(Debug, Default)]
struct Program {
    spans: [Option<Span>; SLOTS],
    /// The entered spans of the main thread, each with the number of its slot.
    entered: Vec<(usize, EnteredSpan)>,
    /// Answers of the interfaces that are compared too.
    answers: Vec<String>,
}

/// Runs the program of a seed. Returns the answers of the interfaces that it called.
pub(crate) fn run(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut program = Program::default();
    for _ in 0..STEPS {
        program.step(&mut random);
    }
    // spans end in a fixed order
    while let Some((_, entered)) = program.entered.pop() {
        drop(entered);
    }
    program.spans.iter_mut().for_each(|span| drop(span.take()));
    program.answers
}

fn remote(random: &mut Random) -> SpanContext {
    let (trace, span) = (1 + random.below(3) as u128, 1 + random.below(3) as u64);
    SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::SAMPLED, true, TraceState::NONE)
}

impl Program {
    fn any<'p>(&'p self, random: &mut Random) -> Option<&'p Span> {
        self.spans[random.below(SLOTS)].as_ref()
    }

    fn step(&mut self, random: &mut Random) {
        let at = random.below(SLOTS);
        match random.below(20) {
            0..=4 => self.create(at, random),
            5..=7 => self.enter(at),
            8..=9 => self.exit(random),
            10 => drop(self.spans[at].take()),
            11 => self.record(at, random),
            12..=13 => self.event(at, random),
            14 => {
                // the layer of tracing-opentelemetry hangs if a span follows from itself
                if let (Some(span), Some(other)) = (&self.spans[at], self.any(random))
                    && span.id() != other.id()
                {
                    span.follows_from(other);
                }
            }
            15..=17 => self.extend(at, random),
            18 => {
                let cx = Context::current();
                cx.span().set_attribute(KeyValue::new("by OpenTelemetry", random.below(9) as i64));
                self.answers.push(format!("{}", cx.span().span_context().is_valid()));
            }
            _ => self.elsewhere(at, random),
        }
    }

    fn create(&mut self, at: usize, random: &mut Random) {
        let site = random.below(SPANS);
        let span = match random.below(8) {
            0 => span_under(None, site, random),
            1..=2 => {
                let parent = self.any(random).and_then(Span::id);
                span_under(parent, site, random)
            }
            _ => contextual_span(site, random),
        };
        self.spans[at] = Some(span);
    }

    fn enter(&mut self, at: usize) {
        // `tracing` ignores the second entry of a span, and OpenTelemetry's context does not
        let is_entered = |span: &Span| self.entered.iter().any(|(_, entered)| entered.id() == span.id());
        if let Some(span) = self.spans[at].clone().filter(|span| !is_entered(span)) {
            self.entered.push((at, span.entered()));
        }
    }

    fn exit(&mut self, random: &mut Random) {
        if !self.entered.is_empty() {
            let last = self.entered.len() - 1;
            let at = if random.chance(80) { last } else { random.below(self.entered.len()) };
            drop(self.entered.remove(at));
        }
    }

    fn record(&self, at: usize, random: &mut Random) {
        let Some(span) = &self.spans[at] else { return };
        let failure = failure();
        match random.below(8) {
            0 => span.record("late", 1_u64 << random.below(64)),
            1 => span.record("late", random.pick(&[1.5, -1.0])),
            2 => span.record("otel.name", "a late name"),
            3 => span.record("otel.kind", random.pick(&["server", "none"])),
            4 => span.record("otel.status_code", random.pick(&["OK", "error", "none"])),
            5 => span.record("otel.status_description", "described"),
            6 => span.record("problem", &failure as &(dyn Error + 'static)),
            _ => span.record("late", tracing::field::debug("debug")),
        };
    }

    fn event(&self, at: usize, random: &mut Random) {
        let site = random.below(EVENTS);
        match random.below(6) {
            0 => event_under(None, site, random),
            1..=2 => event_under(self.spans[at].as_ref().and_then(Span::id), site, random),
            _ => contextual_event(site, random),
        }
    }

    /// Calls a function of `OpenTelemetrySpanExt`.
    fn extend(&mut self, at: usize, random: &mut Random) {
        let Some(span) = &self.spans[at] else { return };
        match random.below(9) {
            0 => {
                let parent = self.any(random).map(|parent| (parent.context(), parent.id() == span.id()));
                if let Some((parent, false)) = parent {
                    self.answers.push(format!("{:?}", span.set_parent(parent)));
                }
            }
            1 => {
                let parent = Context::new().with_remote_span_context(remote(random));
                self.answers.push(format!("{:?}", span.set_parent(parent)));
            }
            2 => self.answers.push(format!("{:?}", span.set_parent(Context::new()))),
            3 => {
                let cx = span.context();
                let cx = cx.span().span_context().clone();
                self.answers.push(format!("{} {}", cx.is_valid(), cx.is_remote()));
            }
            4 => span.set_attribute("set", random.below(9) as i64),
            5 => span.set_status(if random.chance(50) { Status::Ok } else { Status::error("set") }),
            6 => span.add_event_with_timestamp("at", SystemTime::UNIX_EPOCH, vec![KeyValue::new("key", 1)]),
            7 => span.add_link_with_attributes(remote(random), vec![KeyValue::new("key", 2)]),
            _ => span.add_event("now", Vec::new()),
        }
    }

    /// Uses a span on another thread.
    fn elsewhere(&self, at: usize, random: &mut Random) {
        let Some(span) = self.spans[at].clone() else { return };
        if random.chance(80) {
            return;
        }
        let dispatch = dispatcher::get_default(Dispatch::clone);
        thread::scope(|scope| {
            let work = || {
                dispatcher::with_default(&dispatch, || {
                    let _entered = span.enter();
                    contextual_event(random.below(EVENTS), random);
                    drop(contextual_span(random.below(SPANS), random));
                });
            };
            let named = thread::Builder::new().name("elsewhere".to_owned()).spawn_scoped(scope, work);
            named.unwrap().join().unwrap();
        });
    }
}
