//! The exporters' own telemetry: nothing that they do becomes a span or an event.
//!
//! `MULTITRACER_TEST_SECONDS` sets the duration of the load; the default is 2 seconds.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::mem;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver as Inbox, Sender, channel};
use std::time::{Duration, Instant};

use multitracer::config::Config;
use multitracer::export::InMemoryExporter;
use multitracer::probe::ProbeOutcome;
use multitracer::{Registry, TracerBuilder, traced};
use multitracer_tests::Receiver;
use opentelemetry::trace::{Status, Tracer as _, get_active_span};
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tracing::subscriber::NoSubscriber;
use tracing::{Instrument as _, info_span, instrument};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

/// The tracers that send to the receiver.
const SENDING: [&str; 6] = ["http", "http-gzip", "json", "json-gzip", "grpc", "grpc-gzip"];

/// The file of the tracer `file`.
const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/export_silence.jsonl");

/// The spans of one call of [`request`], in alphabetical order.
const NAMES: [&str; 3] = ["child", "library", "request"];

/// The only event of a [`request`], on the span `child`.
const EVENT: &str = "worked";

#[instrument]
fn request() {
    global::tracer("library").in_span("library", |_| child());
}

#[traced]
fn child() {
    tracing::trace!("{EVENT}");
}

#[traced]
fn traced_in_the_exporter() {
    tracing::error!("from the exporter");
}

#[instrument]
async fn instrumented_in_the_exporter() {
    tokio::task::yield_now().await;
    traced_in_the_exporter();
}

/// Opens spans and logs in every way.
async fn chatter() {
    traced_in_the_exporter();
    instrumented_in_the_exporter().await;
    global::tracer("exporter").in_span("library in the exporter", |_| tracing::warn!("in a library"));
    info_span!(parent: None, "root in the exporter").in_scope(traced_in_the_exporter);
    let _attached = Context::new().attach();
    traced_in_the_exporter();
    info_span!("without a context").in_scope(|| tracing::info!("from the exporter"));
}

/// A span of the application, which the exporter tries to change.
static KEPT: Mutex<Option<tracing::Span>> = Mutex::new(None);

/// Logs to a span of the application, and opens spans in it.
fn change(kept: &tracing::Span) {
    tracing::error!(parent: kept, "from the exporter");
    kept.in_scope(|| info_span!("in a kept span").in_scope(traced_in_the_exporter));
    let _attached = kept.context().attach();
    traced_in_the_exporter();
    tracing::error!("from the exporter");
    get_active_span(|span| span.add_event("from the exporter", Vec::new()));
}

/// An exporter that traces itself, and hands spans to the application.
#[derive(Debug)]
struct Chatty {
    exported: Mutex<Sender<SpanData>>,
    handed: Mutex<Sender<tracing::Span>>,
}

impl SpanExporter for Chatty {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        chatter().await;
        tokio::spawn(chatter()).await.unwrap();
        tokio::spawn(chatter().instrument(info_span!(parent: None, "task"))).await.unwrap();
        let handle = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || handle.block_on(chatter())).await.unwrap();
        KEPT.lock().unwrap().iter().for_each(change);
        self.handed.lock().unwrap().send(info_span!(parent: None, "handed over")).unwrap();
        for span in batch {
            self.exported.lock().unwrap().send(span).unwrap();
        }
        Ok(())
    }
}

/// Starts a receiver on a runtime without telemetry, because it stands for another process.
fn start_receiver() -> (tokio::runtime::Runtime, Receiver) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(|| mem::forget(tracing::subscriber::set_default(NoSubscriber::default())))
        .enable_all()
        .build()
        .unwrap();
    let started = runtime.spawn(Receiver::start());
    let receiver = runtime.block_on(started).unwrap().unwrap();
    (runtime, receiver)
}

fn install(receiver: &Receiver, memory: &InMemoryExporter, chatty: Chatty) -> multitracer::TracingGuard {
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let tracers = [
        TracerBuilder::new("http").otlp_http(&http),
        TracerBuilder::new("http-gzip").otlp_http(&http).gzip(),
        TracerBuilder::new("json").otlp_http_json(&http),
        TracerBuilder::new("json-gzip").otlp_http_json(&http).gzip(),
        TracerBuilder::new("grpc").otlp_grpc(&grpc),
        TracerBuilder::new("grpc-gzip").otlp_grpc(&grpc).gzip(),
        TracerBuilder::new("file").otlp_file(FILE),
        TracerBuilder::new("memory").in_memory(memory),
        TracerBuilder::new("custom").exporter(chatty),
    ];
    let mut builder = Registry::builder().default_tracer("grpc");
    for tracer in tracers {
        let project = tracer.name().to_owned();
        builder = builder.tracer(tracer.project(project).schedule_delay(Duration::from_millis(20)));
    }
    multitracer::install(builder.build().unwrap()).unwrap()
}

/// Makes requests on every tracer for `duration`, and enters the spans that the exporter hands
/// over. Returns the number of requests of each tracer.
fn load(registry: &Registry, duration: Duration, handed: &Inbox<tracing::Span>) -> usize {
    let started = Instant::now();
    let mut requests = 0;
    while started.elapsed() < duration {
        for name in SENDING.iter().chain(&["file", "memory", "custom"]) {
            registry.tracer(name).unwrap().scope(request);
        }
        requests += 1;
        for span in handed.try_iter() {
            span.in_scope(|| tracing::info!("in a span of the exporter"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    requests
}

/// Sends test spans on a runtime of the application, in a request.
fn probe(receiver: &Receiver) {
    let (http, grpc) = (receiver.http_endpoint(), receiver.grpc_endpoint());
    let yaml = format!(
        "tracers: {{probe: {{exporters: [otlp_http: {{endpoint: '{http}'}}, otlp_grpc: {{endpoint: '{grpc}'}}]}}}}"
    );
    let config = Config::from_yaml(&yaml).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let reports = runtime.block_on(config.probe("probe", Duration::from_secs(5)));
    assert!(reports.iter().all(|report| *report.outcome() == ProbeOutcome::Delivered), "{reports:?}");
}

/// Returns the names and events of the spans in the file.
fn spans_in_file() -> Vec<(String, Vec<String>)> {
    let lists = |value: &serde_json::Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let text = std::fs::read_to_string(FILE).unwrap();
    let requests = text.lines().map(|line| serde_json::from_str(line).unwrap());
    requests
        .flat_map(|request: serde_json::Value| lists(&request, "resourceSpans"))
        .flat_map(|resource| lists(&resource, "scopeSpans"))
        .flat_map(|scope| lists(&scope, "spans"))
        .map(|span| (name(&span), lists(&span, "events").iter().map(name).collect()))
        .collect()
}

/// Fails unless the spans are those of `requests` requests, with their events.
fn assert_only_requests(tracer: &str, requests: usize, spans: &[(String, Vec<String>)]) {
    let mut counts = BTreeMap::<_, usize>::new();
    for (name, _) in spans {
        *counts.entry(name.as_str()).or_default() += 1;
    }
    let expected: BTreeMap<_, _> = NAMES.into_iter().map(|name| (name, requests)).collect();
    assert_eq!(counts, expected, "spans of {tracer}");
    for (name, events) in spans {
        let expected: &[&str] = if name == "child" { &[EVENT] } else { &[] };
        assert_eq!(events, expected, "events of `{name}` of {tracer}");
    }
}

fn name_and_events(span: &SpanData) -> (String, Vec<String>) {
    (span.name.to_string(), span.events.iter().map(|event| event.name.to_string()).collect())
}

#[test]
fn exporters_never_trace_themselves() {
    let seconds = std::env::var("MULTITRACER_TEST_SECONDS").map_or(2, |seconds| seconds.parse().unwrap());
    tracing::subscriber::set_global_default(
        tracing_subscriber::registry().with(multitracer::tracing_layer()),
    )
    .unwrap();
    global::set_tracer_provider(multitracer::tracer_provider());
    // a file of an earlier run
    let _ = std::fs::remove_file(FILE);
    let (_runtime, receiver) = start_receiver();
    let memory = InMemoryExporter::new();
    let (exported, exported_spans) = channel();
    let (handed, handed_spans) = channel();
    let guard =
        install(&receiver, &memory, Chatty { exported: Mutex::new(exported), handed: Mutex::new(handed) });
    let kept = guard.registry().tracer("memory").unwrap().scope(|| info_span!("kept"));
    kept.in_scope(|| *KEPT.lock().unwrap() = Some(kept.clone()));
    drop(kept);

    let mut requests = load(guard.registry(), Duration::from_secs(seconds), &handed_spans);
    guard.registry().flush_blocking(Duration::from_secs(10)).unwrap();
    requests += load(guard.registry(), Duration::from_millis(100), &handed_spans);
    probe(&receiver);
    drop(KEPT.lock().unwrap().take());
    let report = guard.shutdown_blocking(Duration::from_secs(10)).unwrap();

    let mut received = BTreeMap::<String, Vec<_>>::new();
    for span in receiver.spans() {
        let events = span.span.events.iter().map(|event| event.name.clone()).collect();
        received.entry(span.project().to_owned()).or_default().push((span.name().to_owned(), events));
    }
    for tracer in SENDING {
        assert_only_requests(tracer, requests, received.get(tracer).map_or(&[], Vec::as_slice));
    }
    let (kept, spans): (Vec<_>, Vec<_>) = memory.spans().into_iter().partition(|span| span.name == "kept");
    assert_eq!(
        (name_and_events(&kept[0]), &kept[0].status),
        (("kept".to_owned(), Vec::new()), &Status::Unset)
    );
    assert_only_requests("memory", requests, &spans.iter().map(name_and_events).collect::<Vec<_>>());
    assert_only_requests("file", requests, &spans_in_file());
    let pings: Vec<_> = received["probe"].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(pings, ["multitracer.ping"; 2]);
    let spans: Vec<_> = exported_spans.try_iter().map(|span| name_and_events(&span)).collect();
    assert_only_requests("custom", requests, &spans);
    for tracer in report.tracers() {
        let kept = u64::from(&*tracer.name == "memory");
        let expected = 3 * requests as u64 + kept;
        assert_eq!((tracer.started, tracer.sampled_out), (expected, 0), "{}: {report}", tracer.name);
    }
}
