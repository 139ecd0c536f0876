//! Random spans, sent by our exporters and by those of `opentelemetry-otlp`. Every field that a
//! receiver decodes must be the same.
//!
//! The programs are those of `sdk_differential`, so the spans are also equal to the SDK's.
//! `MULTITRACER_DIFFERENTIAL_CASES` sets the number of programs, `MULTITRACER_DIFFERENTIAL_SEED`
//! the seed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod differential;
mod random;
mod span_calls;

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use multitracer::TracerBuilder;
use multitracer_tests::{Origin, Protocol, Receiver};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_otlp::{Protocol as StockProtocol, SpanExporter, WithExportConfig as _};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::Resource;

use self::differential::{WORLDS, World, check_case, compare};
use self::random::Random;

const CASES: u64 = 2_000;
/// The programs of one registry.
const ROUND: u64 = 250;
/// The first world is plain; steps of this size reach every world.
const WORLD_STEP: u64 = 37;

const PROTOCOLS: [Protocol; 2] = [Protocol::HttpProtobuf, Protocol::Grpc];

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Returns a resource with every type of value, and a schema URL.
fn resource() -> Resource {
    let texts = Value::Array(Array::String(vec!["a".into(), "".into()]));
    let attributes = [
        KeyValue::new("text", "ärger"),
        KeyValue::new("flag", true),
        KeyValue::new("number", -1),
        KeyValue::new("float", 0.5),
        KeyValue::new("texts", texts),
    ];
    Resource::builder_empty().with_schema_url(attributes, "https://example.com/resource").build()
}

/// Adds our two exporters and the two of `opentelemetry-otlp`. The latter need a Tokio runtime.
fn with_exporters(tracer: TracerBuilder, ours: &Receiver, stock: &Receiver) -> TracerBuilder {
    let timeout = Duration::from_secs(30);
    let over_http = SpanExporter::builder()
        .with_http()
        .with_protocol(StockProtocol::HttpBinary)
        .with_endpoint(stock.http_endpoint())
        .with_timeout(timeout);
    let over_grpc =
        SpanExporter::builder().with_tonic().with_endpoint(stock.grpc_endpoint()).with_timeout(timeout);
    let tracer = tracer
        .resource(&resource())
        .max_queue_size(1 << 20)
        .max_queue_bytes(1 << 32)
        .max_export_batch_size(512)
        .schedule_delay(Duration::from_millis(20));
    tracer
        .also()
        .otlp_http(ours.http_endpoint())
        .request_timeout(timeout)
        .also()
        .otlp_grpc(ours.grpc_endpoint())
        .request_timeout(timeout)
        .also()
        .exporter(over_http.build().unwrap())
        .also()
        .exporter(over_grpc.build().unwrap())
}

/// A span with its resource and scope.
type Sent = (Origin, Span);

/// Returns the spans that arrived over one protocol, by their ids.
fn arrived(receiver: &Receiver, protocol: Protocol) -> BTreeMap<Vec<u8>, Sent> {
    let requests = receiver.requests();
    let mut spans = BTreeMap::new();
    for span in receiver.spans() {
        if requests[span.request].protocol != protocol {
            continue;
        }
        let mut origin = (*span.origin).clone();
        // a resource is a map, so its attributes have no order
        if let Some(resource) = &mut origin.resource {
            resource.attributes.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let earlier = spans.insert(span.span.span_id.clone(), (origin, span.span));
        assert!(earlier.is_none(), "a span arrived twice: {earlier:?}");
    }
    spans
}

/// Sends the spans of `cases` programs, and returns their number.
async fn send(seed: u64, world: u64, cases: u64) -> usize {
    let (ours, stock) = (Receiver::start().await.unwrap(), Receiver::start().await.unwrap());
    let world = World::new(world, |tracer| with_exporters(tracer, &ours, &stock));
    let mut spans = 0;
    let mut random = Random::new(seed);
    for _ in 0..cases {
        let outcome = check_case(random.next(), &world);
        spans += outcome.spans;
        if let Some(text) = outcome.deviations {
            panic!("seed {seed}, {text}");
        }
    }
    let report = world.registry.shutdown().await.unwrap();
    for line in report.tracers() {
        assert_eq!(line.exported, spans as u64, "{report}");
    }
    for protocol in PROTOCOLS {
        let (ours, theirs) = (arrived(&ours, protocol), arrived(&stock, protocol));
        assert_eq!(ours.len(), spans, "{protocol:?}: our spans that arrived");
        let list = |spans: BTreeMap<Vec<u8>, Sent>| spans.into_values().collect::<Vec<_>>();
        let mut text = String::new();
        compare(&mut text, "span", &list(ours), &list(theirs));
        assert!(text.is_empty(), "seed {seed}, {protocol:?}\n{text}{:#?}", world.settings);
    }
    spans
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "the size of the run")]
async fn both_exporters_send_the_same_spans() {
    let (cases, seed) =
        (number("MULTITRACER_DIFFERENTIAL_CASES", CASES), number("MULTITRACER_DIFFERENTIAL_SEED", 1));
    let mut spans = 0;
    for round in 0..cases.div_ceil(ROUND) {
        let rest = cases - round * ROUND;
        spans += send(seed.wrapping_add(round), round * WORLD_STEP % WORLDS, rest.min(ROUND)).await;
    }
    println!("seed {seed}: {cases} programs, {spans} spans over each of 4 exporters");
    assert!(spans as u64 >= cases, "{spans} spans");
}
