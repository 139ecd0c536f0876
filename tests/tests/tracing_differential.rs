//! The same calls under the layer of tracing-opentelemetry and under ours give the same spans.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::io;

use multitracer::testing::TestRegistry;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::field::Empty;
use tracing::{Span, debug, error, info, info_span, instrument, warn};
use tracing_subscriber::layer::SubscriberExt as _;

/// The parts of a span that do not depend on ids and times.
#[derive(Debug, PartialEq)]
struct Parts {
    name: String,
    kind: SpanKind,
    status: Status,
    attributes: Vec<KeyValue>,
    events: Vec<(String, Vec<KeyValue>)>,
    links: usize,
    parent: Option<String>,
}

impl Parts {
    fn of(span: &SpanData, all: &[SpanData]) -> Self {
        let attribute = |attribute: &KeyValue| match attribute.key.as_str() {
            "busy_ns" | "idle_ns" => KeyValue::new(attribute.key.clone(), "a time"),
            _ => attribute.clone(),
        };
        let mut attributes: Vec<_> = span.attributes.iter().map(attribute).collect();
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
        let events = span.events.iter().map(|event| (event.name.to_string(), event.attributes.clone()));
        let parent = all.iter().find(|other| other.span_context.span_id() == span.parent_span_id);
        Self {
            name: span.name.to_string(),
            kind: span.span_kind.clone(),
            status: span.status.clone(),
            attributes,
            events: events.collect(),
            links: span.links.len(),
            parent: parent.map(|parent| parent.name.to_string()),
        }
    }
}

#[instrument(fields(late = Empty, size = 7_u64, big = u64::MAX, negative = -1, share = 0.5, flag = true))]
fn work(text: &str, list: Vec<u8>) {
    Span::current().record("late", "recorded");
    Span::current().record("otel.name", "too late");
    info!(list = ?list, text, "in work");
}

#[instrument(err)]
fn fails() -> Result<(), io::Error> {
    Err(io::Error::other("told to"))
}

#[instrument(err(Debug), ret)]
fn fails_in_debug(number: u64) -> Result<u64, io::Error> {
    if number == 0 { Err(io::Error::other("zero")) } else { Ok(number) }
}

#[instrument(skip_all, fields(otel.name = %format!("job {number}"), otel.kind = ?SpanKind::Consumer))]
fn renamed(number: u64) {
    warn!(error = "no message");
}

fn special_fields() {
    for (kind, code) in [("Server", "OK"), ("client", "error"), ("PRODUCER", "other"), ("none", "ok")] {
        let _span = info_span!("special", otel.kind = kind, otel.status_code = code).entered();
    }
    let span =
        info_span!("late", otel.status_code = Empty, otel.status_description = Empty, otel.kind = Empty);
    span.record("otel.kind", "server");
    let _entered = span.enter();
    span.record("otel.status_description", "described");
    span.record("otel.status_code", "ok");
}

fn errors() {
    let inner = io::Error::other("inner");
    let outer = io::Error::other(Box::<dyn Error + Send + Sync>::from(inner));
    let outer = &outer as &(dyn Error + 'static);
    let _span = info_span!("errors", problem = outer).entered();
    error!(problem = outer, "with an error");
    error!("plain");
    debug!(name: "named", number = 1);
}

fn relations() {
    let first = info_span!("first");
    let second = info_span!("second");
    second.follows_from(&first);
    let third = info_span!(parent: &first, "third");
    info!(parent: &third, "before it starts");
    error!(parent: &third, "an error before it starts");
    first.in_scope(|| second.in_scope(|| third.in_scope(|| info!("inside"))));
    second.follows_from(&third);
    drop(info_span!(parent: &second, "never entered", number = 3));
    let _root = info_span!(parent: None, "root").entered();
    info!(parent: None, "no span");
    info_span!("twice").in_scope(|| ());
}

fn scenario() {
    work("text", vec![1, 2]);
    fails().unwrap_err();
    fails_in_debug(0).unwrap_err();
    fails_in_debug(1).unwrap();
    renamed(4);
    special_fields();
    errors();
    relations();
}

#[test]
fn spans_have_the_same_data_as_under_tracing_opentelemetry() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let theirs = tracing_opentelemetry::layer().with_tracer(provider.tracer("theirs"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(theirs), scenario);
    let theirs = exporter.get_finished_spans().unwrap();

    let test = TestRegistry::new(["production"]);
    let ours = test.registry().tracing_layer();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(ours), scenario);
    let ours = test.spans("production");

    assert_eq!(ours.len(), theirs.len());
    for (of_us, of_them) in ours.iter().zip(&theirs) {
        assert_eq!(Parts::of(of_us, &ours), Parts::of(of_them, &theirs));
    }
}
