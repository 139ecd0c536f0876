//! The export of spans to good and bad backends, and the counts of a shutdown report.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and say what it found"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use multitracer::config::Config;
use multitracer::export::{Report, ShutdownError, TracerReport};
use multitracer::probe::ProbeOutcome;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

fn spans(registry: &Registry, tracer: &str, count: usize) {
    let tracer = registry.tracer(tracer).unwrap();
    for _ in 0..count {
        tracer.in_span("work", || {});
    }
}

/// Checks `started = sampled_out + exported + dropped + rejected + queued + in_flight + open` for
/// a tracer without an open span.
fn assert_accounted(tracer: &TracerReport) {
    let completed = tracer.sampled_out
        + tracer.exported
        + tracer.dropped.total()
        + tracer.rejected
        + tracer.queued
        + tracer.in_flight;
    assert_eq!((tracer.started, tracer.open()), (completed, 0), "{tracer:?}");
}

#[derive(Debug)]
enum Bad {
    Panics,
    Fails,
    Hangs,
}

impl SpanExporter for Bad {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        match self {
            Self::Panics => panic!("told to"),
            Self::Fails => Err(OTelSdkError::InternalFailure("told to".to_owned())),
            Self::Hangs => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn bad_exporters_affect_only_their_own_tracer() {
    let receiver = Receiver::start().await.unwrap();
    let bad = |name: &str, how: Bad| TracerBuilder::new(name).exporter(how);
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("good").otlp_http(receiver.http_endpoint()))
        .tracer(bad("panics", Bad::Panics))
        .tracer(bad("fails", Bad::Fails))
        .tracer(bad("hangs", Bad::Hangs).export_timeout(Duration::from_millis(200)))
        .tracer(TracerBuilder::new("refused").otlp_http("http://127.0.0.1:9/v1/traces"))
        .default_tracer("good")
        .build()
        .unwrap();
    for name in ["panics", "fails", "hangs", "refused", "good"] {
        spans(&registry, name, 600);
    }
    let started = Instant::now();
    let error = registry.shutdown().await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(9), "the tracers did not shut down at the same time");
    let report = error.report();
    for tracer in report.tracers() {
        assert_accounted(tracer);
        let lost = if &*tracer.name == "good" { 0 } else { 600 };
        assert_eq!(tracer.dropped.total(), lost, "{report}");
        assert_eq!(tracer.error.is_some(), lost > 0, "{report}");
    }
    assert_eq!(receiver.spans().len(), 600);
    assert!(error.to_string().contains("tracer `panics`: the exporter panicked"), "{error}");
}

#[tokio::test]
async fn a_full_queue_drops_and_counts() {
    let slow = Behaviour { delay: Duration::from_millis(300), ..Behaviour::default() };
    let receiver = Receiver::start_with(slow).await.unwrap();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").otlp_grpc(receiver.grpc_endpoint()).max_queue_size(100))
        .build()
        .unwrap();
    let started = Instant::now();
    spans(&registry, "only", 5000);
    assert!(started.elapsed() < Duration::from_secs(2), "a call waited for the queue");
    let report = registry.shutdown().await.unwrap();
    let tracer = &report.tracers()[0];
    assert_accounted(tracer);
    assert!(tracer.dropped.total() > 0 && tracer.exported >= 100, "{report}");
    assert_eq!(receiver.spans().len() as u64, tracer.exported);
}

#[tokio::test]
async fn refused_credentials_and_partial_success_are_counted() {
    let strict = Behaviour {
        require_header: Some(("authorization".into(), "Bearer right".into())),
        ..Behaviour::default()
    };
    let strict = Receiver::start_with(strict).await.unwrap();
    let picky = Receiver::start_with(Behaviour { reject: 2, ..Behaviour::default() }).await.unwrap();
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("right")
                .otlp_http(strict.http_endpoint())
                .header("authorization", "Bearer right"),
        )
        .tracer(
            TracerBuilder::new("wrong")
                .otlp_http(strict.http_endpoint())
                .header("authorization", "Bearer wrong"),
        )
        .tracer(TracerBuilder::new("picky").otlp_http(picky.http_endpoint()))
        .default_tracer("right")
        .build()
        .unwrap();
    for name in ["right", "wrong", "picky"] {
        spans(&registry, name, 5);
    }
    let report = registry.shutdown().await.unwrap_err().report().clone();
    report.tracers().iter().for_each(assert_accounted);
    let of = |name: &str| report.tracer(name).unwrap();
    assert_eq!((of("right").exported, of("wrong").dropped.total()), (5, 5), "{report}");
    assert_eq!((of("picky").exported, of("picky").rejected), (3, 2), "{report}");
    assert!(of("wrong").error.as_deref().unwrap().contains("401"), "{report}");
    assert!(!format!("{report}{report:?}").contains("Bearer"));
}

/// Sends every client the same response, and returns the endpoint.
fn respond_with(response: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            // the body has ended once the client sends nothing more
            let mut buffer = [0; 65536];
            while matches!(stream.read(&mut buffer), Ok(read) if read > 0) {}
            let _ = stream.write_all(response.as_bytes());
        }
    });
    format!("http://{address}/v1/traces")
}

/// Returns the report of an exporter that sent five spans, and the outcome of a probe, for one
/// response.
async fn exporter_and_probe(status: &str, body: &str) -> (TracerReport, ProbeOutcome) {
    let length = body.len();
    let endpoint = respond_with(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ));
    // `user:pass:word`
    let yaml = format!(
        "tracers: {{a: {{exporter: {{otlp_http: {{endpoint: \"{endpoint}\", headers: {{authorization: \"Basic dXNlcjpwYXNzOndvcmQ=\"}}}}}}}}}}"
    );
    let registry = Registry::from_yaml(&yaml).unwrap();
    spans(&registry, "a", 5);
    let report = match registry.shutdown().await {
        Ok(report) => report,
        Err(error) => error.report().clone(),
    };
    let probes = Config::from_yaml(&yaml).unwrap().probe("a", Duration::from_secs(5)).await;
    (report.tracer("a").unwrap().clone(), probes[0].outcome().clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_and_the_probe_read_rejected_spans_as_text() {
    let body = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}"#;
    let (tracer, probe) = exporter_and_probe("200 OK", body).await;
    assert_eq!((tracer.exported, tracer.rejected), (2, 3), "{tracer:?}");
    assert_eq!(tracer.last_error.as_deref(), Some("the backend rejected 3 spans: no"));
    assert_eq!(probe, ProbeOutcome::Partial { rejected: 3, message: "no".to_owned() });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_and_the_probe_redact_decoded_basic_credentials() {
    let body = r#"{"message":"user has no key pass:word"}"#;
    let (tracer, probe) = exporter_and_probe("403 Forbidden", body).await;
    let message = "[REDACTED] has no key [REDACTED]".to_owned();
    let error = format!("the backend responded with 403 Forbidden: {message}");
    assert_eq!(tracer.last_error.as_deref(), Some(&*error));
    assert_eq!(tracer.dropped.export_failed, 5, "{tracer:?}");
    assert_eq!(probe, ProbeOutcome::Refused { status: "403 Forbidden".to_owned(), message });
}

#[tokio::test]
async fn a_backend_that_recovers_gets_the_spans_again() {
    let shaky = Behaviour { fail_first: Some((2, 503)), ..Behaviour::default() };
    let receiver = Receiver::start_with(shaky).await.unwrap();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").otlp_http(receiver.http_endpoint()))
        .build()
        .unwrap();
    spans(&registry, "only", 3);
    let report = registry.shutdown().await.unwrap();
    assert_eq!((report.tracers()[0].exported, receiver.spans().len(), receiver.requests().len()), (3, 3, 3));
}

/// Shuts down with and without a runtime. Spans that a backend did not take are counted as lost.
#[test]
fn fifty_hung_backends_delay_a_shutdown_by_one_deadline() {
    const BACKENDS: usize = 50;
    let deadline = Duration::from_millis(500);
    let backend = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let hung = Behaviour { hang: true, ..Behaviour::default() };
    let receiver = backend.block_on(Receiver::start_with(hung)).unwrap();
    let build = || {
        let mut builder = Registry::builder().default_tracer("t0");
        for n in 0..BACKENDS {
            let tracer = TracerBuilder::new(format!("t{n}"));
            builder = builder.tracer(match n % 3 {
                0 => tracer.exporter(Bad::Hangs),
                1 => tracer.otlp_http(receiver.http_endpoint()),
                _ => tracer.otlp_grpc(receiver.grpc_endpoint()),
            });
        }
        let registry = builder.build().unwrap();
        for n in 0..BACKENDS {
            spans(&registry, &format!("t{n}"), 3);
        }
        registry
    };
    let check = |what: &str, result: Result<Report, ShutdownError>, started: Instant| {
        let took = started.elapsed();
        println!("{what}: {BACKENDS} hung backends, deadline {deadline:?}, shutdown took {took:?}");
        assert!(took >= deadline && took < deadline * 4, "{took:?}");
        let error = result.unwrap_err();
        assert_eq!(error.report().tracers().len(), BACKENDS);
        for tracer in error.report().tracers() {
            assert_accounted(tracer);
            let lost = (tracer.dropped.total(), tracer.dropped.shutdown, tracer.queued + tracer.in_flight);
            assert!(lost == (3, 3, 0) && tracer.error.is_some(), "{tracer:?}");
        }
    };
    let (registry, started) = (build(), Instant::now());
    check("no runtime", registry.shutdown_blocking(deadline), started);
    let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for (what, runtime) in [("current-thread", current), ("multi-thread", multi)] {
        let (registry, started) = (build(), Instant::now());
        check(what, runtime.block_on(registry.shutdown_within(deadline)), started);
        let (registry, started) = (build(), Instant::now());
        let result = runtime.block_on(async { registry.shutdown_blocking(deadline) });
        check(&format!("{what}, blocking"), result, started);
    }
}

/// The batch that gets the long pause is dropped. Later spans stay in the queue, even during a
/// flush.
#[tokio::test]
async fn a_long_pause_holds_for_all_exports_of_a_tracer() {
    let busy = Behaviour { fail_first: Some((1, 429)), retry_after: Some(60), ..Behaviour::default() };
    let (http, grpc) =
        (Receiver::start_with(busy.clone()).await.unwrap(), Receiver::start_with(busy).await.unwrap());
    let short = |tracer: TracerBuilder| tracer.export_timeout(Duration::from_secs(5));
    let registry = Registry::builder()
        .tracer(short(TracerBuilder::new("http").otlp_http(http.http_endpoint())))
        .tracer(short(TracerBuilder::new("grpc").otlp_grpc(grpc.grpc_endpoint())))
        .default_tracer("http")
        .build()
        .unwrap();
    let counts = |report: &Report| -> Vec<_> {
        let of = |tracer: &TracerReport| (tracer.dropped.export_failed, tracer.queued + tracer.in_flight);
        report.tracers().iter().map(of).collect()
    };
    let started = Instant::now();
    for name in ["http", "grpc"] {
        spans(&registry, name, 3);
    }
    assert_eq!(counts(registry.flush().await.unwrap_err().report()), [(3, 0), (3, 0)]);
    for name in ["http", "grpc"] {
        spans(&registry, name, 2);
    }
    let error = registry.flush().await.unwrap_err();
    assert_eq!(counts(error.report()), [(3, 2), (3, 2)], "{error}");
    assert!(error.to_string().contains("the backend asked to wait"), "{error}");
    let error = registry.shutdown().await.unwrap_err();
    assert_eq!(counts(error.report()), [(3, 0), (3, 0)], "{error}");
    let not_sent = |tracer: &TracerReport| tracer.dropped.shutdown == 2;
    assert!(error.report().tracers().iter().all(not_sent), "{error}");
    assert!(started.elapsed() < Duration::from_secs(4), "an export waited for the whole pause");
    assert_eq!((http.requests().len(), grpc.requests().len()), (1, 1), "a backend got a second request");
}

/// A slow exporter that counts how many of its exports run at once.
#[derive(Clone, Debug, Default)]
struct Overlapping {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl SpanExporter for Overlapping {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn a_tracer_runs_up_to_max_concurrent_exports_at_once() {
    let exporters = [(1, Overlapping::default()), (3, Overlapping::default())];
    let mut builder = Registry::builder().default_tracer("1");
    for (exports, exporter) in &exporters {
        let tracer = TracerBuilder::new(exports.to_string()).exporter(exporter.clone());
        builder = builder.tracer(tracer.max_export_batch_size(5).max_concurrent_exports(*exports));
    }
    let registry = builder.build().unwrap();
    for (exports, _) in &exporters {
        spans(&registry, &exports.to_string(), 40);
    }
    let report = registry.shutdown().await.unwrap();
    for (exports, exporter) in exporters {
        assert_eq!(exporter.most.load(Ordering::SeqCst), exports, "{report}");
        assert_eq!(report.tracer(&exports.to_string()).unwrap().exported, 40);
    }
}

#[tokio::test]
async fn a_dropped_registry_still_exports_its_queued_spans() {
    let receiver = Receiver::start().await.unwrap();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").otlp_http(receiver.http_endpoint()))
        .build()
        .unwrap();
    spans(&registry, "only", 7);
    drop(registry);
    assert_eq!(receiver.wait_for(7, Duration::from_secs(5)).await.len(), 7);
}

#[test]
fn a_registry_that_is_off_makes_no_span() {
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").otlp_http("http://127.0.0.1:9/v1/traces"))
        .enabled(false)
        .build()
        .unwrap();
    spans(&registry, "only", 3);
    assert!(!registry.default_tracer().is_enabled());
    let report = registry.shutdown_blocking(Duration::from_secs(1)).unwrap();
    assert_eq!(report.tracers()[0].started, 0);
}

#[tokio::test]
async fn a_request_is_bounded_by_all_texts_of_its_spans() {
    let receiver = Receiver::start().await.unwrap();
    let tracer = TracerBuilder::new("main").otlp_http(receiver.http_endpoint());
    let registry = Registry::builder().tracer(tracer).build().unwrap();
    for _ in 0..512 {
        registry.default_tracer().in_span("work", || {
            Context::current().span().set_status(Status::error("e".repeat(100 << 10)));
        });
    }
    registry.shutdown().await.unwrap();
    let bytes: Vec<usize> = receiver
        .requests()
        .iter()
        .map(|request| request.headers["content-length"].parse().unwrap())
        .collect();
    println!("requests of {bytes:?} bytes");
    assert_eq!(receiver.spans().len(), 512);
    assert!(bytes.iter().all(|bytes| *bytes <= 4 << 20), "{bytes:?}");
}
