//! Random builders of spans.

use std::borrow::Cow;

use opentelemetry::trace::{Event, Link, SpanBuilder, SpanKind};
use opentelemetry::{InstrumentationScope, KeyValue};

use super::values::{attributes, contexts, length, text, time};
use crate::random::Random;

/// Returns a builder with any of its parts.
pub(crate) fn builder(random: &mut Random, name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    let mut builder = SpanBuilder::from_name(name);
    if random.chance(40) {
        builder.span_kind = Some(kind(random));
    }
    if random.chance(30) {
        builder.start_time = Some(time(random));
    }
    if random.chance(50) {
        builder.attributes = Some(attributes(random));
    }
    if random.chance(30) {
        let event = |random: &mut Random| {
            // the builder may claim that attributes were dropped before
            Event::new(text(random), time(random), attributes(random), random.pick(&[0, 0, 7]))
        };
        builder.events = Some((0..length(random)).map(|_| event(random)).collect());
    }
    if random.chance(40) {
        let link =
            |random: &mut Random| Link::new(contexts(random), attributes(random), random.pick(&[0, 0, 7]));
        let links: Vec<_> = (0..length(random)).map(|_| link(random)).collect();
        match random.chance(50) {
            true => builder = builder.with_links(links),
            // the field takes links to invalid spans too
            false => builder.links = Some(links),
        }
    }
    builder
}

pub(crate) fn kind(random: &mut Random) -> SpanKind {
    match random.below(5) {
        0 => SpanKind::Client,
        1 => SpanKind::Server,
        2 => SpanKind::Producer,
        3 => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

/// Returns one of three instrumentation scopes.
pub(crate) fn scope(number: usize) -> InstrumentationScope {
    match number % 3 {
        0 => InstrumentationScope::default(),
        1 => InstrumentationScope::builder("library").with_version("1.2.3").build(),
        _ => InstrumentationScope::builder("other library")
            .with_schema_url("https://example.com/schema")
            .with_attributes([KeyValue::new("a", 1), KeyValue::new("b", "text")])
            .build(),
    }
}
