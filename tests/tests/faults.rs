//! Bad backends over real sockets, which affect only their own tracer.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic, and say what it found"
)]

#[expect(dead_code, reason = "this test uses a part")]
mod fault_support;

use std::time::{Duration, Instant};

use multitracer::config::Config;
use multitracer::export::{DropCounts, TracerStats};
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use self::fault_support::{Certificates, Fault, serve_fault};

const SPANS: u64 = 100;

/// The expected outcome of the spans at the bad backend.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Exported,
    /// The number of rejected spans in each request.
    Rejected(u64),
    Failed,
    TimedOut,
    TooLarge,
    Panicked,
}

/// Runs a tracer with a bad backend beside two tracers with good backends, checks that all spans
/// are accounted for, and returns the statistics of the bad tracer.
async fn matrix(what: &str, fate: Fate, bad: TracerBuilder) -> TracerStats {
    let good = Receiver::start().await.unwrap();
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("http")
                .otlp_http(good.http_endpoint())
                .schedule_delay(Duration::from_millis(20)),
        )
        .tracer(bad.schedule_delay(Duration::from_millis(20)).export_timeout(Duration::from_millis(2500)))
        .tracer(
            TracerBuilder::new("grpc")
                .otlp_grpc(good.grpc_endpoint())
                .schedule_delay(Duration::from_millis(20)),
        )
        .default_tracer("http")
        .build()
        .unwrap();
    // the pauses let exports run while later spans are made
    let tracers = ["http", "bad", "grpc"].map(|name| registry.tracer(name).unwrap());
    let mut longest_call = [Duration::ZERO; 3];
    for n in 0..SPANS {
        for (tracer, longest) in tracers.iter().zip(&mut longest_call) {
            let started = Instant::now();
            tracer.in_span("work", || {});
            *longest = (*longest).max(started.elapsed());
        }
        if n % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert!(
        longest_call.iter().all(|longest| *longest < Duration::from_millis(700)),
        "{what}: a call waited: {longest_call:?}"
    );
    let started = Instant::now();
    // spans that a bad backend lost are an error; `stats` shows them all
    let _ = registry.shutdown_within(Duration::from_secs(10)).await;
    assert!(started.elapsed() < Duration::from_secs(11), "{what}");
    let stats = registry.stats();
    for tracer in stats.tracers() {
        assert_eq!((tracer.started, tracer.ended, tracer.open()), (SPANS, SPANS, 0), "{what}\n{stats}");
        let accounted = tracer.exported + tracer.rejected + tracer.dropped.total();
        assert_eq!((accounted, tracer.queued, tracer.in_flight), (SPANS, 0, 0), "{what}\n{stats}");
    }
    for name in ["http", "grpc"] {
        let spans = good.spans().iter().filter(|span| span.project() == name).count() as u64;
        assert_eq!((spans, stats.tracer(name).unwrap().exported), (SPANS, SPANS), "{what}\n{stats}");
    }
    let bad = stats.tracer("bad").unwrap().clone();
    let DropCounts { export_failed, timeout, too_large, panicked, .. } = bad.dropped;
    let is_expected = match fate {
        Fate::Exported => bad.exported == SPANS,
        Fate::Rejected(_) => bad.rejected > 0 && bad.exported + bad.rejected == SPANS,
        Fate::Failed => export_failed == SPANS,
        Fate::TimedOut => timeout == SPANS,
        Fate::TooLarge => too_large == SPANS,
        Fate::Panicked => panicked == SPANS,
    };
    assert!(is_expected, "{what}: not {fate:?}\n{stats}");
    assert!(bad.last_error.is_some() || matches!(fate, Fate::Exported), "{what}: no error\n{stats}");
    println!(
        "{what:<28} exported {:>3}  rejected {:>2}  export_failed {export_failed:>3}  timeout {timeout:>3}  too_large {too_large:>3}  \
         panicked {panicked:>3}  retries {:>2}  longest call: good {:?}, bad {:?}  {}",
        bad.exported,
        bad.rejected,
        bad.retries,
        longest_call[0].max(longest_call[2]),
        longest_call[1],
        bad.last_error.as_deref().unwrap_or("")
    );
    bad
}

/// Runs [`matrix`] over each protocol, with a receiver that behaves badly.
async fn receiver(what: &str, fate: Fate, behaviour: Behaviour) -> [TracerStats; 3] {
    let backend = Receiver::start_with(behaviour.clone()).await.unwrap();
    let json = Receiver::start_with(behaviour.clone()).await.unwrap();
    let grpc = Receiver::start_with(behaviour).await.unwrap();
    let bad = || TracerBuilder::new("bad");
    let wait = |tracer: TracerBuilder| tracer.request_timeout(Duration::from_millis(800));
    let [http, json_text, over_grpc] =
        [format!("{what}, HTTP"), format!("{what}, HTTP JSON"), format!("{what}, gRPC")];
    let (a, b, c) = tokio::join!(
        matrix(&http, fate, wait(bad().otlp_http(backend.http_endpoint()))),
        matrix(&json_text, fate, wait(bad().otlp_http_json(json.http_endpoint()))),
        matrix(&over_grpc, fate, wait(bad().otlp_grpc(grpc.grpc_endpoint()))),
    );
    if let Fate::Rejected(each) = fate {
        for (backend, stats) in [(&backend, &a), (&json, &b), (&grpc, &c)] {
            assert_eq!(stats.rejected, each * backend.requests().len() as u64);
        }
    }
    [a, b, c]
}

/// Runs [`matrix`] over HTTP and gRPC, with backends at these addresses.
async fn address(what: &str, fate: Fate, http: &str, grpc: &str) -> [TracerStats; 2] {
    let (over_http, over_grpc) = (format!("{what}, HTTP"), format!("{what}, gRPC"));
    let bad = || TracerBuilder::new("bad");
    let (a, b) = tokio::join!(
        matrix(&over_http, fate, bad().otlp_http(http).request_timeout(Duration::from_millis(800))),
        matrix(&over_grpc, fate, bad().otlp_grpc(grpc).request_timeout(Duration::from_millis(800))),
    );
    [a, b]
}

/// Runs [`matrix`] over HTTP and gRPC, with a server that breaks the protocol.
async fn faulty_address(what: &str, fate: Fate, fault: Fault) -> [TracerStats; 2] {
    let server = serve_fault(fault).await;
    address(what, fate, &format!("http://{server}/v1/traces"), &format!("http://{server}")).await
}

#[tokio::test]
async fn a_refused_connection_is_retried_and_then_fails() {
    // no process listens at this port
    for stats in address("refused", Fate::Failed, "http://127.0.0.1:9/v1/traces", "http://127.0.0.1:9").await
    {
        assert!(stats.retries > 0 && stats.last_error.unwrap().contains("refused"));
    }
}

#[tokio::test]
async fn a_backend_that_hangs_times_out() {
    receiver("hang", Fate::TimedOut, Behaviour { hang: true, ..Behaviour::default() }).await;
}

#[tokio::test]
async fn a_slow_backend_gets_all_spans() {
    let behaviour = Behaviour { delay: Duration::from_millis(300), ..Behaviour::default() };
    for stats in receiver("slow", Fate::Exported, behaviour).await {
        assert!(stats.export_latency.p50().unwrap() >= Duration::from_millis(300), "{stats:?}");
    }
}

#[tokio::test]
async fn a_throttled_export_is_retried_after_the_pause() {
    let behaviour = Behaviour { fail_first: Some((1, 429)), retry_after: Some(1), ..Behaviour::default() };
    for stats in receiver("429, retry after 1 s", Fate::Exported, behaviour).await {
        assert_eq!(stats.retries, 1);
        assert!(
            stats.export_latency.p99().unwrap() >= Duration::from_secs(1),
            "the retry came before the delay that the backend asked for"
        );
    }
}

#[tokio::test]
async fn an_unavailable_backend_gets_the_spans_when_it_recovers() {
    let behaviour = Behaviour { fail_first: Some((2, 503)), ..Behaviour::default() };
    for stats in receiver("503 twice, then 200", Fate::Exported, behaviour).await {
        assert_eq!(stats.retries, 2);
    }
}

#[tokio::test]
async fn refused_credentials_fail_without_a_retry() {
    let behaviour = Behaviour { fail_first: Some((usize::MAX, 401)), ..Behaviour::default() };
    for stats in receiver("401", Fate::Failed, behaviour).await {
        let error = stats.last_error.unwrap();
        assert!(
            stats.retries == 0 && (error.contains("401") || error.contains("UNAUTHENTICATED")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_dropped_without_a_retry() {
    let behaviour = Behaviour { fail_first: Some((usize::MAX, 413)), ..Behaviour::default() };
    for stats in receiver("413", Fate::TooLarge, behaviour).await {
        assert_eq!(stats.retries, 0);
    }
}

#[tokio::test]
async fn partial_success_counts_rejected_spans() {
    receiver("partial success", Fate::Rejected(2), Behaviour { reject: 2, ..Behaviour::default() }).await;
}

#[tokio::test]
async fn a_response_that_is_no_protocol_fails() {
    faulty_address("garbage", Fate::Failed, Fault::Junk).await;
}

#[tokio::test]
async fn an_unreadable_body_with_status_200_counts_as_exported() {
    let address = serve_fault(Fault::JunkBody).await;
    let bad = TracerBuilder::new("bad").otlp_http(format!("http://{address}/v1/traces"));
    let stats = matrix("unreadable body, HTTP", Fate::Exported, bad).await;
    assert!(
        stats.last_error.unwrap().contains("response is not OTLP"),
        "the spans count as exported, and the unreadable body is in `last_error`"
    );
}

#[tokio::test]
async fn a_response_that_is_too_large_counts_as_exported() {
    let large = Behaviour { reject: 1, message: Some("x".repeat(2 << 20)), ..Behaviour::default() };
    for stats in receiver("response of 2 MiB", Fate::Exported, large).await {
        assert_eq!(stats.retries, 0, "the backend took the spans");
        assert!(stats.last_error.unwrap().contains("too large to read"));
    }
}

#[tokio::test]
async fn a_response_without_its_body_counts_as_exported() {
    let address = serve_fault(Fault::NoBody).await;
    let bad = TracerBuilder::new("bad").otlp_http(format!("http://{address}/v1/traces"));
    let stats =
        matrix("no body, HTTP", Fate::Exported, bad.request_timeout(Duration::from_millis(800))).await;
    assert_eq!(stats.retries, 0, "the status promises that the backend took the spans");
}

#[tokio::test]
async fn a_refusal_with_a_large_body_is_not_retried() {
    let large = Some("no such key ".repeat(1 << 18));
    let behaviour = Behaviour { fail_first: Some((usize::MAX, 400)), message: large, ..Behaviour::default() };
    let backend = Receiver::start_with(behaviour).await.unwrap();
    let endless = serve_fault(Fault::EndlessRefusal).await;
    for (endpoint, status, message) in [
        (backend.http_endpoint(), "400 Bad Request", "no such key"),
        (format!("http://{endless}/v1/traces"), "401 Unauthorized", "xxx"),
    ] {
        let bad = TracerBuilder::new("bad").otlp_http(endpoint);
        let stats = matrix(status, Fate::Failed, bad).await;
        let error = stats.last_error.unwrap();
        assert!(error.contains(status) && error.contains(message) && error.len() < 1000, "{error}");
        assert_eq!(stats.retries, 0);
    }
}

#[tokio::test]
async fn a_web_page_in_place_of_a_response_fails() {
    let address = serve_fault(Fault::WebPage).await;
    let bad = TracerBuilder::new("bad").otlp_http(format!("http://{address}/v1/traces"));
    matrix("a web page, HTTP", Fate::Failed, bad).await;
}

#[tokio::test]
async fn a_connection_reset_is_retried_and_then_fails() {
    for stats in faulty_address("reset in mid-body", Fate::Failed, Fault::Reset).await {
        assert!(stats.retries > 0);
    }
}

#[tokio::test]
async fn a_truncated_response_with_status_200_counts_as_exported() {
    let address = serve_fault(Fault::Truncated).await;
    let bad = TracerBuilder::new("bad").otlp_http(format!("http://{address}/v1/traces"));
    let stats = matrix("truncated response, HTTP", Fate::Exported, bad).await;
    assert_eq!(stats.retries, 0);
    assert!(stats.last_error.unwrap().contains("response broke off"));
    // over gRPC it is no response at all
    let bad = TracerBuilder::new("bad").otlp_grpc(format!("http://{address}"));
    matrix("truncated response, gRPC", Fate::Failed, bad).await;
}

#[tokio::test]
async fn a_host_that_does_not_exist_fails() {
    let (http, grpc) = ("http://no-such-host.invalid:4318/v1/traces", "http://no-such-host.invalid:4317");
    address("no such host", Fate::Failed, http, grpc).await;
}

#[tokio::test]
async fn tls_failures_lose_spans_and_leak_none() {
    let plain = Receiver::start().await.unwrap();
    let secure = |endpoint: String| endpoint.replace("http://127.0.0.1", "https://localhost");
    let (http, grpc) = (secure(plain.http_endpoint()), secure(plain.grpc_endpoint()));
    address("TLS to a plain port", Fate::Failed, &http, &grpc).await;
    assert_eq!(plain.spans().len(), 0);

    let certificates = Certificates::new("untrusted");
    let http = certificates.serve(&plain.http_endpoint(), "http/1.1").await;
    let grpc = certificates.serve(&plain.grpc_endpoint(), "h2").await;
    let (http, grpc) = (
        format!("https://localhost:{}/v1/traces", http.port()),
        format!("https://localhost:{}", grpc.port()),
    );
    for stats in address("TLS, a CA that is not trusted", Fate::Failed, &http, &grpc).await {
        assert!(stats.last_error.unwrap().contains("UnknownIssuer"));
    }
    // the client trusts the CA, but has no certificate to show
    let ca = certificates.path("ca.pem");
    let bad = || TracerBuilder::new("bad").request_timeout(Duration::from_millis(800));
    let over_http = || bad().otlp_http(&*http).tls_ca_file(&*ca);
    let over_grpc = || bad().otlp_grpc(&*grpc).tls_ca_file(&*ca);
    // the client's certificate is of a CA that the server does not trust
    let other = Certificates::new("other");
    let (cert, key) = (other.path("client.pem"), other.path("client.key"));
    for (what, tracer, expected) in [
        ("TLS without certificate, HTTP", over_http(), "requires a client certificate"),
        ("TLS without certificate, gRPC", over_grpc(), "requires a client certificate"),
        (
            "TLS, refused certificate, HTTP",
            over_http().tls_client(&*cert, &*key),
            "refused the client certificate",
        ),
        (
            "TLS, refused certificate, gRPC",
            over_grpc().tls_client(&*cert, &*key),
            "refused the client certificate",
        ),
    ] {
        let error = matrix(what, Fate::Failed, tracer).await.last_error.unwrap();
        assert!(error.contains(expected), "{what}: {error}");
    }
    let exporters =
        [format!("otlp_http: {{endpoint: \"{http}\""), format!("otlp_grpc: {{endpoint: \"{grpc}\"")];
    for exporter in exporters {
        for (identity, expected) in [
            (String::new(), "requires a client certificate"),
            (format!(", cert_file: \"{cert}\", key_file: \"{key}\""), "refused the client certificate"),
        ] {
            let yaml = format!(
                "tracers: {{a: {{exporter: {{{exporter}, tls: {{ca_file: \"{ca}\"{identity}}}}}}}}}}}"
            );
            let probes = Config::from_yaml(&yaml).unwrap().probe("a", Duration::from_secs(5)).await;
            let outcome = probes[0].outcome().to_string();
            assert!(outcome.contains(expected), "{outcome}");
        }
    }
    assert_eq!(plain.spans().len(), 0);
}

#[tokio::test]
async fn tls_works_with_a_private_ca_and_a_client_certificate() {
    let plain = Receiver::start().await.unwrap();
    let certificates = Certificates::new("trusted");
    let http = certificates.serve(&plain.http_endpoint(), "http/1.1").await.port();
    let grpc = certificates.serve(&plain.grpc_endpoint(), "h2").await.port();
    let (ca, cert, key) =
        (certificates.path("ca.pem"), certificates.path("client.pem"), certificates.path("client.key"));
    let with = |tracer: TracerBuilder| tracer.tls_ca_file(&*ca).tls_client(&*cert, &*key);
    let over_http = TracerBuilder::new("bad").otlp_http(format!("https://localhost:{http}/v1/traces"));
    let over_grpc = TracerBuilder::new("bad").otlp_grpc(format!("https://localhost:{grpc}"));
    matrix("TLS with own CA, HTTP", Fate::Exported, with(over_http)).await;
    matrix("TLS with own CA, gRPC", Fate::Exported, with(over_grpc)).await;
    assert_eq!(plain.spans().len() as u64, 2 * SPANS);
}

#[derive(Debug)]
enum CustomExporter {
    Panics,
    Blocks,
}

impl SpanExporter for CustomExporter {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        match self {
            Self::Panics => panic!("told to"),
            Self::Blocks => std::thread::sleep(Duration::from_secs(5)),
        }
        Ok(())
    }
}

#[tokio::test]
async fn an_exporter_that_panics_loses_its_own_spans_only() {
    matrix("exporter panics", Fate::Panicked, TracerBuilder::new("bad").exporter(CustomExporter::Panics))
        .await;
}

#[tokio::test]
async fn an_exporter_that_blocks_runs_one_export_at_a_time() {
    let good = Receiver::start().await.unwrap();
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("good")
                .otlp_http(good.http_endpoint())
                .schedule_delay(Duration::from_millis(20)),
        )
        .tracer(
            TracerBuilder::new("bad")
                .exporter(CustomExporter::Blocks)
                .schedule_delay(Duration::ZERO)
                .export_timeout(Duration::from_millis(100)),
        )
        .default_tracer("good")
        .build()
        .unwrap();
    for n in 1..=10 {
        for tracer in registry.tracers() {
            tracer.in_span("work", || {});
        }
        assert_eq!(
            good.wait_for(n, Duration::from_secs(2)).await.len(),
            n,
            "the blocked exporter delayed the other tracer"
        );
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert!(registry.shutdown_within(Duration::from_millis(300)).await.is_err());
    let stats = registry.stats();
    let bad = stats.tracer("bad").unwrap();
    let DropCounts { timeout, shutdown, .. } = bad.dropped;
    assert!(
        timeout >= 1 && shutdown >= 1 && timeout + shutdown == 10,
        "a second export started beside the blocked one\n{stats}"
    );
    assert_eq!(stats.tracer("good").unwrap().exported, 10);
}
