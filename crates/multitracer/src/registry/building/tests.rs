//! Random calls of a tracer's builder, in random orders, against the same keys in a file.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use proptest::prelude::*;

use super::spec::Plan;
use super::tracer_builder::TracerBuilder;
use crate::Registry;
use crate::config::model::{ExporterConfig, TracerConfig};
use crate::config::{Config, ConfigError};
use crate::export::InMemoryExporter;
use crate::registry::error::BuildError;

/// A key of a tracer with a value, which may be out of range.
#[derive(Clone, Debug)]
enum Setting {
    Project(&'static str),
    Environment(&'static str),
    SampleRate(f64),
    RateLimited(u32),
    ScheduleDelay(Duration),
    ExportTimeout(Duration),
    QueueSize(usize),
    BatchSize(usize),
    QueueBytes(usize),
    Concurrent(usize),
    Retries(u32),
    SpansPerTrace(u32),
    ValueLength(u32),
    Grpc(bool),
    Header(&'static str, &'static str),
    Gzip,
    RequestTimeout(Duration),
    CaFile,
    Client,
}

/// The place of a key in the file.
enum Place {
    Tracer,
    Batch,
    Limits,
    Exporter,
}

impl Setting {
    fn call(&self, tracer: TracerBuilder) -> TracerBuilder {
        match *self {
            Self::Project(name) => tracer.project(name),
            Self::Environment(name) => tracer.environment(name),
            Self::SampleRate(rate) => tracer.sample_rate(rate),
            Self::RateLimited(rate) => tracer.rate_limited(rate),
            Self::ScheduleDelay(delay) => tracer.schedule_delay(delay),
            Self::ExportTimeout(timeout) => tracer.export_timeout(timeout),
            Self::QueueSize(spans) => tracer.max_queue_size(spans),
            Self::BatchSize(spans) => tracer.max_export_batch_size(spans),
            Self::QueueBytes(bytes) => tracer.max_queue_bytes(bytes),
            Self::Concurrent(exports) => tracer.max_concurrent_exports(exports),
            Self::Retries(retries) => tracer.max_retries(retries),
            Self::SpansPerTrace(spans) => tracer.max_spans_per_trace(spans),
            Self::ValueLength(length) => tracer.attribute_value_length_limit(length),
            Self::Grpc(true) => tracer.otlp_grpc("http://127.0.0.1:4317"),
            Self::Grpc(false) => tracer.otlp_http("http://127.0.0.1:4318/v1/traces"),
            Self::Header(name, value) => tracer.header(name, value),
            Self::Gzip => tracer.gzip(),
            Self::RequestTimeout(timeout) => tracer.request_timeout(timeout),
            Self::CaFile => tracer.tls_ca_file("ca.pem"),
            Self::Client => tracer.tls_client("cert.pem", "key.pem"),
        }
    }

    /// Returns the same setting in a file.
    fn entry(&self) -> (Place, String) {
        let millis = |time: Duration| time.as_millis();
        match *self {
            Self::Project(name) => (Place::Tracer, format!("project: {name}")),
            Self::Environment(name) => (Place::Tracer, format!("environment: {name}")),
            Self::SampleRate(rate) => (Place::Tracer, format!("sample_rate: {rate}")),
            Self::RateLimited(rate) => {
                (Place::Tracer, format!("sampler: {{rate_limited: {{per_second: {rate}}}}}"))
            }
            Self::ScheduleDelay(delay) => (Place::Batch, format!("schedule_delay: {}", millis(delay))),
            Self::ExportTimeout(time) => (Place::Batch, format!("export_timeout: {}", millis(time))),
            Self::QueueSize(spans) => (Place::Batch, format!("max_queue_size: {spans}")),
            Self::BatchSize(spans) => (Place::Batch, format!("max_export_batch_size: {spans}")),
            Self::QueueBytes(bytes) => (Place::Batch, format!("max_queue_bytes: {bytes}")),
            Self::Concurrent(exports) => (Place::Batch, format!("max_concurrent_exports: {exports}")),
            Self::Retries(retries) => (Place::Batch, format!("max_retries: {retries}")),
            Self::SpansPerTrace(spans) => (Place::Limits, format!("max_spans_per_trace: {spans}")),
            Self::ValueLength(length) => (Place::Limits, format!("attribute_value_length_limit: {length}")),
            Self::Grpc(true) => (Place::Exporter, "endpoint: http://127.0.0.1:4317".to_owned()),
            Self::Grpc(false) => (Place::Exporter, "endpoint: http://127.0.0.1:4318/v1/traces".to_owned()),
            Self::Header(name, value) => (Place::Exporter, format!("headers: {{{name}: {value:?}}}")),
            Self::Gzip => (Place::Exporter, "compression: gzip".to_owned()),
            Self::RequestTimeout(time) => (Place::Exporter, format!("timeout: {}", millis(time))),
            Self::CaFile => (Place::Exporter, "tls: {ca_file: ca.pem}".to_owned()),
            Self::Client => (Place::Exporter, "tls: {cert_file: cert.pem, key_file: key.pem}".to_owned()),
        }
    }
}

fn yaml(settings: &[Setting]) -> String {
    let of = |wanted: fn(&Place) -> bool| {
        let entries = settings.iter().map(Setting::entry);
        entries.filter(|(place, _)| wanted(place)).map(|(_, text)| text).collect::<Vec<_>>().join(", ")
    };
    let kind = match settings.iter().any(|setting| matches!(setting, Setting::Grpc(true))) {
        true => "otlp_grpc",
        false => "otlp_http",
    };
    let mut parts = vec![
        format!("batch: {{{}}}", of(|place| matches!(place, Place::Batch))),
        format!("limits: {{{}}}", of(|place| matches!(place, Place::Limits))),
        format!("exporter: {{{kind}: {{{}}}}}", of(|place| matches!(place, Place::Exporter))),
        of(|place| matches!(place, Place::Tracer)),
    ];
    parts.retain(|part| !part.is_empty());
    format!("tracers: {{main: {{{}}}}}", parts.join(", "))
}

/// Returns the place, the message and the help of each error, in the order of the texts.
fn errors(error: &ConfigError) -> Vec<String> {
    let texts = error.diagnostics().iter();
    let mut texts: Vec<_> =
        texts.map(|of| format!("{}: {} ({:?})", of.path(), of.message(), of.help())).collect();
    texts.sort();
    texts
}

fn built(settings: &[Setting]) -> Result<TracerConfig, Vec<String>> {
    let tracer = settings.iter().fold(TracerBuilder::new("main"), |tracer, setting| setting.call(tracer));
    match Plan::new(Registry::builder().tracer(tracer)) {
        Ok(mut plan) => Ok(plan.tracers.remove(0).config),
        Err(BuildError::Config(error)) => Err(errors(&error)),
        Err(other) => panic!("{other}"),
    }
}

fn loaded(settings: &[Setting]) -> Result<TracerConfig, Vec<String>> {
    match Config::loader().overrides(|_: &str| None).load_yaml(&yaml(settings)) {
        Ok(config) => Ok(config.model().tracers[0].clone()),
        Err(error) => Err(errors(&error)),
    }
}

fn durations() -> impl Strategy<Value = Duration> {
    const MILLIS: [u64; 6] = [0, 1, 10_000, 86_400_000, 86_400_001, u64::MAX];
    prop_oneof![prop::sample::select(&MILLIS[..]).prop_map(Duration::from_millis), Just(Duration::MAX)]
}

fn some<S: Strategy<Value = Setting> + 'static>(setting: S) -> BoxedStrategy<Option<Setting>> {
    prop::option::weighted(0.3, setting).boxed()
}

fn number<T: Copy + std::fmt::Debug + 'static>(
    values: &'static [T],
    setting: fn(T) -> Setting,
) -> BoxedStrategy<Option<Setting>> {
    some(prop::sample::select(values).prop_map(setting))
}

/// The values of a header, which may have spaces around them or be none.
const VALUES: [&str; 7] = ["value", " value\t", "", " ", "value\n", "value\n ", "va\tl\u{e9}"];

/// Returns some settings in a random order. Each call occurs once at most.
fn settings() -> impl Strategy<Value = Vec<Setting>> {
    let all = vec![
        some(Just(Setting::Project("shop"))),
        some(Just(Setting::Environment("staging"))),
        some(prop_oneof![
            prop::sample::select(&[0.0, 0.25, 1.0, 1.5, -0.5][..]).prop_map(Setting::SampleRate),
            prop::sample::select(&[0, 1, 1_000_000, u32::MAX][..]).prop_map(Setting::RateLimited),
        ]),
        some(durations().prop_map(Setting::ScheduleDelay)),
        some(durations().prop_map(Setting::ExportTimeout)),
        number(&[0, 1, 100, 5000, 1 << 24, (1 << 24) + 1], Setting::QueueSize),
        number(&[0, 1, 100, 512, 600], Setting::BatchSize),
        number(&[0, 1023, 1024, 1 << 40, usize::MAX], Setting::QueueBytes),
        number(&[0, 1, 64, 65], Setting::Concurrent),
        number(&[0, 1000, 1001], Setting::Retries),
        number(&[0, 1, u32::MAX], Setting::SpansPerTrace),
        number(&[0, 1, u32::MAX], Setting::ValueLength),
        number(&[true, false], Setting::Grpc),
        some(
            (prop::sample::select(&["x-team", "host", "x team"][..]), prop::sample::select(&VALUES[..]))
                .prop_map(|(name, value)| Setting::Header(name, value)),
        ),
        some(Just(Setting::Gzip)),
        some(durations().prop_map(Setting::RequestTimeout)),
        some(prop_oneof![Just(Setting::CaFile), Just(Setting::Client)]),
    ];
    all.prop_map(|settings| settings.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle()
}

proptest! {
    /// Code gives the same tracer as a file with the same keys, in any order of the calls, or the
    /// same errors.
    #[test]
    fn a_builder_equals_a_file(settings in settings()) {
        prop_assert_eq!(built(&settings), loaded(&settings), "{}", yaml(&settings));
    }
}

/// An exporter that is not ours.
#[derive(Debug)]
struct Vendor;

impl SpanExporter for Vendor {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn a_second_exporter_gets_no_credential_of_the_first_one() {
    let tracer = TracerBuilder::new("main").request_timeout(Duration::from_secs(1));
    let tracer = tracer.otlp_http("http://first/v1/traces").header("authorization", "secret");
    let ExporterConfig::OtlpHttp(first) = tracer.config.exporters.first() else { panic!() };
    assert_eq!((first.timeout, first.headers.len()), (Duration::from_secs(1), 1));
    let tracer = tracer.otlp_http("http://second/v1/traces");
    let ExporterConfig::OtlpHttp(second) = tracer.config.exporters.first() else { panic!() };
    assert_eq!((second.timeout, second.headers.len()), (Duration::from_secs(10), 0));
    // an exporter that is not OTLP is a first one too
    let spans = InMemoryExporter::new();
    let replace: [fn(TracerBuilder, &InMemoryExporter) -> TracerBuilder; 3] = [
        |tracer, _| tracer.exporter(Vendor),
        |tracer, spans| tracer.in_memory(spans),
        |tracer, _| tracer.console(),
    ];
    for first in replace {
        let main = || TracerBuilder::new("main");
        for tracer in [
            first(main().header("authorization", "secret"), &spans),
            first(main(), &spans).header("authorization", "secret"),
        ] {
            assert_eq!(headers_of(&tracer.otlp_http("http://second/v1/traces")), 0);
        }
    }
    // the exporter of a file is a first one too
    let yaml = "tracers: {main: {exporter: {otlp_http: {endpoint: \"http://first/v1/traces\"}}}}";
    let config = Config::loader().overrides(|_: &str| None).load_yaml(yaml).unwrap();
    let of_file = TracerBuilder::from_config(config.model().tracers[0].clone());
    let tracer = of_file.header("authorization", "secret");
    assert_eq!(headers_of(&tracer), 1);
    let tracer = tracer.otlp_http("http://second/v1/traces");
    assert_eq!(headers_of(&tracer), 0);
    assert_eq!(headers_of(&tracer.also().header("x-team", "other").otlp_http("http://third/v1")), 1);
}

/// Returns the number of headers of the last exporter.
fn headers_of(tracer: &TracerBuilder) -> usize {
    tracer.config.exporters.iter().last().and_then(ExporterConfig::otlp).map_or(0, |otlp| otlp.headers.len())
}
