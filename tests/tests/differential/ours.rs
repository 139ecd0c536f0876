//! Our side.

use std::sync::OnceLock;

use multitracer::manual::{ManualSpan as OurManualSpan, SpanBuilder};
use multitracer::provider::{DispatchedSpan, DispatchingTracer};
use multitracer::testing::TestRegistry;
use multitracer::{Tracer, traced};
use opentelemetry::trace::{SpanContext, SpanKind, TracerProvider as _};
use opentelemetry::{Context, KeyValue};

use super::program::Manual;
use super::run::{ManualSpan, Side};
use super::world::World;
use crate::span_calls::scope;

pub(crate) struct Ours {
    base: Context,
    library: DispatchingTracer,
    tracer: Tracer,
}

/// A traced function.
pub(crate) struct Site {
    function: fn(&mut dyn FnMut()),
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    /// The `code.*` attributes of its spans.
    pub(crate) code: Vec<KeyValue>,
}

macro_rules! sites {
    ($($function:ident $name:literal $kind:literal $otel_kind:ident,)+) => {
        $(
            #[traced(name = $name, kind = $kind)]
            fn $function(body: &mut dyn FnMut()) {
                body();
            }
        )+

        fn new_sites() -> Vec<Site> {
            vec![$(Site {
                function: $function,
                name: $name,
                kind: SpanKind::$otel_kind,
                code: code(|| $function(&mut || {})),
            }),+]
        }
    };
}

sites! {
    keep "keep" "internal" Internal,
    keep_server "keep" "server" Server,
    drop_client "drop" "client" Client,
    record_producer "record" "producer" Producer,
    tag_consumer "tag" "consumer" Consumer,
    state "state" "internal" Internal,
}

pub(crate) const SITES: usize = 6;

pub(crate) fn sites() -> &'static [Site] {
    static LIST: OnceLock<Vec<Site>> = OnceLock::new();
    LIST.get_or_init(new_sites)
}

/// Returns the attributes of a span in a plain registry: its place in the source.
fn code(span: impl FnOnce()) -> Vec<KeyValue> {
    let registry = TestRegistry::new(["t"]);
    registry.scope(span);
    registry.spans("t").remove(0).attributes
}

/// Returns the attributes of a span of [`manual`].
pub(crate) fn manual_code() -> &'static [KeyValue] {
    static CODE: OnceLock<Vec<KeyValue>> = OnceLock::new();
    CODE.get_or_init(|| code(|| drop(manual("plain").start())))
}

fn manual(name: &'static str) -> SpanBuilder {
    SpanBuilder::new(name)
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
}

impl ManualSpan for OurManualSpan {
    fn context(&self) -> &Context {
        self.context()
    }

    fn end(&mut self) {
        self.end();
    }
}
