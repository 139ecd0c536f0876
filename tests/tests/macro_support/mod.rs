//! The registry of one test, and helpers that read its spans.
#![expect(unreachable_pub, reason = "each suite uses a part of it")]

use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder, WithTracerExt as _};
use opentelemetry::Value;
use opentelemetry::trace::{SpanId, Status};
use opentelemetry_sdk::trace::SpanData;
use std::future::Future;

/// A registry with three tracers.
///
/// `main` captures arguments and results, `canary` captures neither, and `never` samples nothing.
pub struct Fixture {
    pub registry: Registry,
    pub main: InMemoryExporter,
    pub canary: InMemoryExporter,
    pub never: InMemoryExporter,
}

impl Fixture {
    pub fn new() -> Self {
        let (main, canary, never) =
            (InMemoryExporter::new(), InMemoryExporter::new(), InMemoryExporter::new());
        let registry = Registry::builder()
            .tracer(TracerBuilder::new("main").capture_arguments(true).capture_results(true).in_memory(&main))
            .tracer(
                TracerBuilder::new("canary")
                    .capture_arguments(false)
                    .capture_results(false)
                    .in_memory(&canary),
            )
            .tracer(TracerBuilder::new("never").sample_rate(0.0).in_memory(&never))
            .default_tracer("main")
            .build()
            .unwrap();
        Self { registry, main, canary, never }
    }

    /// Runs `f` with a new registry and returns the ended spans of `main`.
    pub fn sync<R>(f: impl FnOnce() -> R) -> Vec<SpanData> {
        let fixture = Self::new();
        fixture.registry.scope(f);
        fixture.main.take()
    }

    pub fn block_on<F: Future>(&self, call: impl FnOnce() -> F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let main = self.registry.tracer("main").unwrap();
        runtime.block_on(async { call().await }.with_tracer(&main))
    }

    /// Runs a future with a new registry and returns the ended spans of `main`.
    pub fn future<F: Future>(call: impl FnOnce() -> F) -> Vec<SpanData> {
        let fixture = Self::new();
        fixture.block_on(call);
        fixture.main.take()
    }
}

/// Returns the value of an attribute as text. Panics if the span has it twice.
pub fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let mut found = span.attributes.iter().filter(|attribute| attribute.key.as_str() == key);
    let value = found.next().map(|attribute| attribute.value.to_string());
    assert!(found.next().is_none(), "`{key}` is recorded twice");
    value
}

/// Returns the value of an attribute.
pub fn typed(span: &SpanData, key: &str) -> Option<Value> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| attribute.value.clone())
}

/// Returns the attributes except `code.*`, in order.
pub fn attributes(span: &SpanData) -> Vec<(String, String)> {
    let all =
        span.attributes.iter().map(|attribute| (attribute.key.to_string(), attribute.value.to_string()));
    all.filter(|(key, _)| !key.starts_with("code.")).collect()
}

/// Returns the only span.
pub fn one(spans: &[SpanData]) -> &SpanData {
    assert_eq!(spans.len(), 1, "{:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>());
    &spans[0]
}

/// Returns the first span with this name.
pub fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span `{name}`"))
}

pub fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID
}

pub fn is_child(child: &SpanData, parent: &SpanData) -> bool {
    child.parent_span_id == parent.span_context.span_id()
        && child.span_context.trace_id() == parent.span_context.trace_id()
}

/// Returns the text of the error status; `None` if the status is unset.
pub fn error(span: &SpanData) -> Option<String> {
    match &span.status {
        Status::Error { description } => Some(description.to_string()),
        Status::Unset => None,
        Status::Ok => panic!("the status of `{}` is ok; it must stay unset", span.name),
    }
}
