//! Our side.

use std::fmt;

use multitracer::manual::ManualSpan as OurManualSpan;
use multitracer::provider::{DispatchedSpan, DispatchingTracer};
use multitracer::{Tracer, enrich_span};
use opentelemetry::trace::{SpanContext, TracerProvider as _};
use opentelemetry::{Context, KeyValue};

use super::program::{Manual, ManualCall};
use super::run::{ManualSpan, Side};
use super::sites::{manual, sites};
use super::world::World;
use crate::span_calls::scope;

pub(crate) struct Ours {
    base: Context,
    library: DispatchingTracer,
    tracer: Tracer,
}

impl Ours {
    pub(crate) fn new(world: &World) -> Self {
        let tracer = world.registry.default_tracer();
        let is_entered = world.settings.is_entered;
        let base = if is_entered { tracer.context(&Context::new()) } else { Context::new() };
        let library = world.registry.tracer_provider().tracer_with_scope(scope(world.settings.scope));
        Self { base, library, tracer }
    }
}

impl Side for Ours {
    type Tracer = DispatchingTracer;
    type Span = DispatchedSpan;
    type Manual = OurManualSpan;

    fn base(&self) -> Context {
        self.base.clone()
    }

    fn tracer(&self) -> DispatchingTracer {
        self.library.clone()
    }

    fn start_manual(&self, span: &Manual, parent: Option<SpanContext>) -> OurManualSpan {
        let mut builder = manual(span.name).kind(span.kind.clone());
        if let Some(parent) = parent {
            builder = builder.parent(parent);
        }
        for link in &span.links {
            builder = builder.link(link.clone());
        }
        for attribute in &span.attributes {
            builder = builder.attribute(attribute.key.clone(), attribute.value.clone());
        }
        builder.start()
    }

    fn traced(&self, site: usize, body: &mut dyn FnMut()) {
        (sites()[site].function)(body);
    }

    fn in_span(&self, name: &'static str, body: &mut dyn FnMut()) {
        self.tracer.in_span(name, body);
    }

    fn enrich(&self, attributes: Vec<KeyValue>) -> bool {
        enrich_span(attributes)
    }
}

impl ManualSpan for OurManualSpan {
    fn context(&self) -> &Context {
        self.context()
    }

    fn call(&mut self, call: &ManualCall) {
        match call.clone() {
            ManualCall::Set(attribute) => self.set(attribute.key, &attribute.value),
            ManualCall::Event(name, attributes) => self.event(name, attributes),
            ManualCall::Fail => self.fail(&fmt::Error),
            ManualCall::End => self.end(),
        }
    }
}
