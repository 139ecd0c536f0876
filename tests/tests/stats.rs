//! The counts of tracers as values, text and metrics; several exporters of a tracer; OTLP in files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::time::SystemTime;

use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder, enrich_span};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

fn spans(registry: &Registry, tracer: &str, count: usize) {
    let tracer = registry.tracer(tracer).unwrap();
    for _ in 0..count {
        tracer.in_span("work", || {});
    }
}

/// Makes spans that are larger than 20 kB each.
fn large(registry: &Registry, tracer: &str, count: usize) {
    let tracer = registry.tracer(tracer).unwrap();
    for _ in 0..count {
        tracer.in_span("large", || enrich_span([KeyValue::new("text", "x".repeat(30_000))]));
    }
}

/// Returns a registry with 5 exported, 2 rejected, 3 too large, 10 sampled out and 4 refused spans.
async fn registry_with_all_outcomes() -> Registry {
    let picky = Receiver::start_with(Behaviour { reject: 2, ..Behaviour::default() }).await.unwrap();
    let strict = Behaviour { fail_first: Some((usize::MAX, 401)), ..Behaviour::default() };
    let strict = Receiver::start_with(strict).await.unwrap();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("picky").otlp_http(picky.http_endpoint()).max_queue_bytes(20_000))
        .tracer(TracerBuilder::new("out").otlp_http(picky.http_endpoint()).sample_rate(0.0))
        .tracer(TracerBuilder::new("strict\"x").project("a\\b").otlp_grpc(strict.grpc_endpoint()))
        .default_tracer("picky")
        .build()
        .unwrap();
    spans(&registry, "picky", 7);
    large(&registry, "picky", 3);
    spans(&registry, "out", 10);
    spans(&registry, "strict\"x", 4);
    assert!(registry.flush().await.is_err(), "no backend refused its spans");
    registry
}

#[tokio::test]
async fn every_span_is_in_one_count() {
    let before = SystemTime::now();
    let stats = registry_with_all_outcomes().await.stats();
    let picky = stats.tracer("picky").unwrap();
    assert_eq!((picky.started, picky.ended, picky.exported, picky.rejected), (10, 10, 5, 2), "{stats}");
    assert_eq!((picky.dropped.too_large, picky.dropped.total()), (3, 3), "{stats}");
    assert!(picky.bytes > 500 && picky.last_success.unwrap() >= before && picky.queue_capacity == 2048);
    assert!(picky.export_latency.p99().unwrap() >= picky.export_latency.p50().unwrap());
    assert_eq!(picky.export_latency.count(), 1);
    let out = stats.tracer("out").unwrap();
    assert_eq!((out.started, out.sampled_out, out.ended, out.open()), (10, 10, 0, 0), "{stats}");
    let strict = stats.tracer("strict\"x").unwrap();
    assert_eq!((strict.dropped.export_failed, strict.last_success), (4, None), "{stats}");
    assert!(strict.last_error.as_deref().unwrap().contains("UNAUTHENTICATED"));
    assert!(stats.to_string().contains("too_large: 3"), "{stats}");
}

#[tokio::test]
async fn stats_are_available_as_json_and_for_prometheus() {
    let stats = registry_with_all_outcomes().await.stats();
    let json = serde_json::to_value(&stats).unwrap();
    assert_eq!(json[0]["name"], "picky");
    assert_eq!((&json[0]["exported"], &json[0]["dropped"]["too_large"]), (&5.into(), &3.into()));
    assert!(json[0]["export_latency_p50"].as_f64().unwrap() > 0.0 && json[1]["last_success"].is_null());

    let text = stats.prometheus();
    let mut typed = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(typed.insert(name, kind).is_none(), "{name} is declared twice");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = name.trim_end_matches("_sum").trim_end_matches("_count");
            assert!(value.parse::<f64>().is_ok() && typed.contains_key(family), "{line}");
        }
    }
    let has = |line: &str| assert!(text.lines().any(|other| other.starts_with(line)), "{line}\n{text}");
    has("multitracer_spans_started_total{tracer=\"picky\",project=\"picky\"} 10");
    has("multitracer_spans_sampled_out_total{tracer=\"out\",project=\"out\"} 10");
    has("multitracer_spans_started_total{tracer=\"strict\\\"x\",project=\"a\\\\b\"} 4");
    assert!(text.contains("reason=\"too_large\"} 3") && text.contains("quantile=\"0.99\"}"), "{text}");
}

#[tokio::test]
async fn stats_are_published_as_metrics_of_the_sdk() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build();
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("failing")
                .otlp_http("http://127.0.0.1:9/v1/traces")
                .max_retries(0)
                .max_queue_bytes(20_000),
        )
        .tracer(TracerBuilder::new("kept").in_memory(&InMemoryExporter::new()))
        .default_tracer("kept")
        .build()
        .unwrap();
    registry.publish_metrics(&provider.meter("multitracer"));
    spans(&registry, "failing", 4);
    large(&registry, "failing", 2);
    spans(&registry, "kept", 2);
    assert!(registry.flush().await.is_err());
    provider.force_flush().unwrap();

    let mut sums = BTreeMap::new();
    let mut durations = 0;
    let text = |attributes: &[KeyValue], wanted: &str| {
        let found = attributes.iter().find(|found| found.key.as_str() == wanted);
        found.map_or(String::new(), |found| found.value.to_string())
    };
    let finished = exporter.get_finished_metrics().unwrap();
    for metric in finished.iter().flat_map(|all| all.scope_metrics()).flat_map(|scope| scope.metrics()) {
        let mut sum = |attributes: Vec<KeyValue>, value: i64| {
            let detail =
                ["error.type", "otel.span.sampling_result"].map(|key| text(&attributes, key)).concat();
            sums.insert((metric.name().to_owned(), text(&attributes, "multitracer.tracer"), detail), value);
        };
        match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(data)) => {
                for point in data.data_points() {
                    sum(point.attributes().cloned().collect(), point.value() as i64);
                }
            }
            AggregatedMetrics::I64(MetricData::Sum(data)) => {
                for point in data.data_points() {
                    sum(point.attributes().cloned().collect(), point.value());
                }
            }
            AggregatedMetrics::F64(MetricData::Histogram(data)) => {
                for point in data.data_points() {
                    durations += point.count();
                    let attributes: Vec<KeyValue> = point.attributes().cloned().collect();
                    let found = (text(&attributes, "error.type"), text(&attributes, "server.port"));
                    assert_eq!(found, ("export_failed".to_owned(), "9".to_owned()));
                }
            }
            other => panic!("{}: {other:?}", metric.name()),
        }
    }
    let of = |name: &str, tracer: &str, detail: &str| {
        let key = (format!("otel.sdk.{name}"), tracer.to_owned(), detail.to_owned());
        *sums.get(&key).unwrap_or_else(|| panic!("no {key:?} in {sums:#?}"))
    };
    assert_eq!(of("processor.span.processed", "failing", ""), 4, "{sums:#?} {}", registry.stats());
    assert_eq!(of("processor.span.processed", "failing", "too_large"), 2);
    assert_eq!(of("exporter.span.exported", "failing", "export_failed"), 4);
    assert_eq!(
        (of("exporter.span.exported", "failing", ""), of("exporter.span.exported", "kept", "")),
        (0, 2)
    );
    assert_eq!(of("processor.span.queue.capacity", "failing", ""), 2048);
    assert_eq!(
        (of("processor.span.queue.size", "failing", ""), of("exporter.span.inflight", "failing", "")),
        (0, 0)
    );
    assert_eq!(of("span.live", "kept", "RECORD_AND_SAMPLE"), 0);
    assert_eq!((of("span.started", "kept", "RECORD_AND_SAMPLE"), of("span.started", "kept", "DROP")), (2, 0));
    assert_eq!(durations, 1);
    provider.shutdown().unwrap();
}

#[tokio::test]
async fn several_exporters_each_get_every_span() {
    let (old, new) = (Receiver::start().await.unwrap(), Receiver::start().await.unwrap());
    let memory = InMemoryExporter::new();
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("moving")
                .otlp_http(old.http_endpoint())
                .header("x-key", "old")
                .also()
                .otlp_grpc(new.grpc_endpoint())
                .header("x-key", "new")
                .also()
                .otlp_http("http://127.0.0.1:9/v1/traces")
                .also()
                .in_memory(&memory),
        )
        .build()
        .unwrap();
    spans(&registry, "moving", 20);
    let error = registry.shutdown().await.unwrap_err();
    let (stats, report) = (registry.stats(), error.report());
    let counts: Vec<_> =
        stats.tracers().iter().map(|line| (line.started, line.exported, line.dropped.total())).collect();
    assert_eq!(counts, [(20, 20, 0), (20, 20, 0), (20, 0, 20), (20, 20, 0)], "{stats}");
    let failed: Vec<_> = report.tracers().iter().map(|line| line.error.is_some()).collect();
    assert_eq!(failed, [false, false, true, false], "{report}");
    assert!(report.to_string().contains("moving (otlp_http http://127.0.0.1:9/v1/traces)"), "{report}");
    assert_eq!((old.spans().len(), new.spans().len(), memory.spans().len()), (20, 20, 20));
    for (receiver, key) in [(&old, "old"), (&new, "new")] {
        assert!(receiver.requests().iter().all(|request| request.headers["x-key"] == key));
    }
}

/// The counts of the removed exporter stay, and no two lines have the same labels.
#[tokio::test]
async fn a_reload_can_remove_an_exporter_and_keeps_its_counts() {
    let (old, new) = (Receiver::start().await.unwrap(), Receiver::start().await.unwrap());
    let tracer = || TracerBuilder::new("moving").otlp_http(new.http_endpoint());
    let both =
        TracerBuilder::new("moving").otlp_http(old.http_endpoint()).also().otlp_http(new.http_endpoint());
    let registry = Registry::builder().tracer(both).build().unwrap();
    spans(&registry, "moving", 5);
    registry.reload(Registry::builder().tracer(tracer())).unwrap();
    spans(&registry, "moving", 3);
    registry.shutdown().await.unwrap();
    assert_eq!((old.spans().len(), new.spans().len()), (5, 8));
    let stats = registry.stats();
    for line in stats.tracers() {
        assert_eq!((line.started, line.open()), (line.exported, 0), "{stats}");
    }
    let text = stats.prometheus();
    let series: Vec<&str> = text.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    let different: std::collections::BTreeSet<&str> = series.iter().copied().collect();
    assert_eq!(series.len(), different.len(), "{text}");
}

#[tokio::test]
async fn yaml_can_list_several_exporters() {
    let (old, new) = (Receiver::start().await.unwrap(), Receiver::start().await.unwrap());
    let registry = Registry::from_yaml(&format!(
        "defaults: {{api_key: of-the-defaults, exporter: {{otlp_http: {{endpoint: \"http://127.0.0.1:9/v1/traces\"}}}}}}
tracers:
  moving:
    exporters:
      - otlp_http: {{endpoint: \"{}\", headers: {{authorization: Bearer old}}}}
      - otlp_grpc: {{endpoint: \"{}\"}}",
        old.http_endpoint(),
        new.grpc_endpoint()
    ))
    .unwrap();
    spans(&registry, "moving", 3);
    registry.shutdown().await.unwrap();
    assert_eq!((old.spans().len(), new.spans().len()), (3, 3));
    assert!(old.requests().iter().all(|request| request.headers["authorization"] == "Bearer old"));
    assert!(
        new.requests().iter().all(|request| !request.headers.contains_key("authorization")),
        "the exporter got the credential of another exporter"
    );
}

/// Each line is the body of a request that an OTLP receiver accepts.
#[tokio::test]
async fn a_file_exporter_writes_otlp_json() {
    let folder = std::env::temp_dir().join(format!("multitracer-file-{}", std::process::id()));
    let path = folder.join("spans.jsonl");
    let yaml = format!(
        "default_tracer: one
defaults: {{batch: {{max_export_batch_size: 4}}, exporter: {{file: {{path: {:?}, max_size: 4096, max_backups: 50}}}}}}
tracers: {{one: , two: }}",
        path.display().to_string()
    );
    let registry = Registry::from_yaml(&yaml).unwrap();
    for _ in 0..10 {
        spans(&registry, "one", 2);
        spans(&registry, "two", 3);
        registry.flush().await.unwrap();
    }
    let report = registry.shutdown().await.unwrap();
    assert_eq!(report.tracers().iter().map(|line| line.exported).sum::<u64>(), 50, "{report}");

    let receiver = Receiver::start().await.unwrap();
    let client = reqwest::Client::new();
    let (mut files, mut spans) = (0, BTreeMap::new());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(text.len() <= 4096 && text.ends_with('\n'), "{} bytes", text.len());
        files += 1;
        for line in text.lines() {
            let request: ExportTraceServiceRequest = serde_json::from_str(line).unwrap();
            assert_eq!(request.resource_spans.len(), 1);
            let post = client.post(receiver.http_endpoint()).header("content-type", "application/json");
            assert_eq!(post.body(line.to_owned()).send().await.unwrap().status(), 200);
        }
    }
    for span in receiver.spans() {
        *spans.entry(span.project().to_owned()).or_insert(0) += 1;
    }
    assert_eq!(spans, BTreeMap::from([("one".to_owned(), 20), ("two".to_owned(), 30)]));
    assert!(files > 2, "no full file was rotated");
    std::fs::remove_dir_all(folder).unwrap();

    let impossible = Registry::from_yaml("tracers: {a: {exporter: {file: {path: /proc/no/such/file}}}}");
    assert!(impossible.unwrap_err().to_string().contains("file.path: cannot open"));
}

#[tokio::test]
async fn tracers_of_one_backend_share_connections() {
    let receiver = Receiver::start().await.unwrap();
    let mut builder = Registry::builder().default_tracer("t0");
    for n in 0..30 {
        let tracer = TracerBuilder::new(format!("t{n}"));
        let tracer = match n % 2 {
            0 => tracer.otlp_http(receiver.http_endpoint()),
            _ => tracer.otlp_grpc(receiver.grpc_endpoint()),
        };
        builder = builder.tracer(tracer.header("x-key", format!("key-{n}")));
    }
    let registry = builder.build().unwrap();
    for _ in 0..2 {
        for n in 0..30 {
            spans(&registry, &format!("t{n}"), 1);
            registry.flush().await.unwrap();
        }
    }
    let requests = receiver.requests();
    assert_eq!(requests.len(), 60);
    for (at, request) in requests.iter().enumerate() {
        assert_eq!(
            request.headers["x-key"],
            format!("key-{}", at % 30),
            "a request on a shared connection has the credential of another tracer"
        );
    }
    assert_eq!(receiver.connections(), 2, "there is one connection over HTTP and one over gRPC");
    registry.shutdown().await.unwrap();
}
