//! Random programs from a seed.

use opentelemetry::trace::{SpanBuilder, SpanContext, SpanId};

use super::program::{Around, Given, Hold, Id, Kind, Manual, ManualCall, Place, Program, Step};
use super::sampler::NAMES;
use super::settings::Settings;
use super::sites::SITES;
use crate::random::Random;
use crate::span_calls::{Call, attribute, attributes, builder, contexts, kind, span_context};

const MAX_DEPTH: usize = 4;

struct Generator {
    random: Random,
    next: Id,
    budget: usize,
    /// The steps that keep a span.
    kept: Vec<Id>,
    /// The steps that keep a span of multitracer's builder.
    manual: Vec<Id>,
    /// `true` if multitracer's own spans have a tracer.
    is_entered: bool,
}

/// Returns the program of a seed, for a world with these settings.
pub(crate) fn generate(seed: u64, settings: &Settings) -> Program {
    let mut random = Random::new(seed);
    let budget = 1 + random.below(24);
    let is_entered = settings.is_entered;
    let mut generator =
        Generator { random, next: 1, budget, kept: Vec::new(), manual: Vec::new(), is_entered };
    let mut body = Vec::new();
    while generator.budget > 0 {
        body.extend(generator.block(0));
    }
    Program { body }
}

impl Generator {
    fn block(&mut self, depth: usize) -> Vec<Step> {
        let steps = self.random.below(7);
        let mut block = Vec::new();
        while self.budget > 0 && block.len() < steps {
            self.budget -= 1;
            let id = self.next;
            self.next += 1;
            let kind = self.kind(depth);
            if matches!(kind, Kind::Start { .. } | Kind::Manual(_) | Kind::Keep) {
                self.kept.push(id);
            }
            if matches!(kind, Kind::Manual(_)) {
                self.manual.push(id);
            }
            block.push(Step { id, kind });
        }
        block
    }

    fn kind(&mut self, depth: usize) -> Kind {
        let is_deep = depth == MAX_DEPTH;
        match self.random.below(26) {
            0..5 => self.start(),
            5 | 6 if self.is_entered => self.manual(),
            7 => Kind::Keep,
            8 => Kind::Drop(self.some_kept()),
            9 if !self.manual.is_empty() => {
                let on = self.random.pick(&self.manual);
                Kind::ManualCall(on, self.manual_call())
            }
            18 => Kind::Enrich(attributes(&mut self.random)),
            10 | 11 if !is_deep => {
                let (builder, place) = (self.builder(), self.place());
                Kind::Library(builder, place, self.block(depth + 1))
            }
            12..15 if !is_deep && self.is_entered => {
                Kind::Traced(self.random.below(SITES), self.block(depth + 1))
            }
            15 if !is_deep && self.is_entered => {
                Kind::InSpan(self.random.pick(&NAMES), self.block(depth + 1))
            }
            16 | 17 if !is_deep => {
                let place = self.place();
                Kind::Attach(place, self.block(depth + 1))
            }
            _ => {
                let on = self.some_kept();
                Kind::Call(on, Call::random(&mut self.random))
            }
        }
    }

    fn builder(&mut self) -> SpanBuilder {
        let name = self.random.pick(&NAMES);
        builder(&mut self.random, name)
    }

    fn start(&mut self) -> Kind {
        Kind::Start {
            builder: self.builder(),
            place: self.place(),
            hold: if self.random.chance(50) { Hold::Owned } else { Hold::Context },
            is_attached: self.random.chance(30),
        }
    }

    fn manual(&mut self) -> Kind {
        let parent = match self.random.below(8) {
            0 => Given::Other(self.remote()),
            1 => Given::Other(self.stranger()),
            2 | 3 => Given::SpanOf(self.some_kept()),
            _ => Given::None,
        };
        let links = (0..self.random.below(4)).map(|_| contexts(&mut self.random)).collect();
        let attributes = (0..self.random.below(4)).map(|_| attribute(&mut self.random)).collect();
        let name = self.random.pick(&NAMES);
        Kind::Manual(Manual { name, kind: kind(&mut self.random), parent, links, attributes })
    }

    fn manual_call(&mut self) -> ManualCall {
        match self.random.below(4) {
            0 => ManualCall::Set(attribute(&mut self.random)),
            1 => ManualCall::Event(self.random.pick(&NAMES), attributes(&mut self.random)),
            2 => ManualCall::Fail,
            _ => ManualCall::End,
        }
    }

    fn place(&mut self) -> Place {
        let around = match self.random.below(20) {
            0 => Around::Nothing,
            1..4 => Around::Remote(self.remote()),
            4 => Around::Stranger(self.stranger()),
            5..9 => Around::SpanOf(self.some_kept()),
            _ => Around::Current,
        };
        let user = self.random.chance(10).then(|| self.random.pick(&["ada", "", "grace"]));
        Place { around, user, is_suppressed: self.random.chance(2) }
    }

    fn remote(&mut self) -> SpanContext {
        span_context(&mut self.random, true)
    }

    fn stranger(&mut self) -> SpanContext {
        match self.random.below(4) {
            0 => SpanContext::NONE,
            1 => {
                let span = self.remote();
                SpanContext::new(
                    span.trace_id(),
                    SpanId::INVALID,
                    span.trace_flags(),
                    span.is_remote(),
                    span.trace_state().clone(),
                )
            }
            _ => span_context(&mut self.random, false),
        }
    }

    /// Returns the number of a kept span, mostly of a recent one.
    fn some_kept(&mut self) -> Id {
        let recent = self.random.below(3).min(self.kept.len());
        match self.random.chance(70) {
            true => self.kept.iter().rev().nth(recent).copied().unwrap_or(0),
            false => self.kept.get(self.random.below(self.kept.len().max(1))).copied().unwrap_or(0),
        }
    }
}
