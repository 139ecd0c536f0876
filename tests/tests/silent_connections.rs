//! Connections that die without a word: neither side closes them, and nothing arrives any more.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod blackhole;
#[expect(dead_code, reason = "another test uses the faults")]
mod fault_support;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Behaviour, Receiver};

use self::blackhole::Blackhole;
use self::fault_support::Certificates;

const REQUEST_TIMEOUT: Duration = Duration::from_millis(1000);

/// One backoff, and the time that a busy machine needs.
const BACKOFF: Duration = Duration::from_millis(900);

fn tracer(name: &str) -> TracerBuilder {
    TracerBuilder::new(name).schedule_delay(Duration::from_millis(10)).export_timeout(Duration::from_secs(60))
}

fn over_http(name: &str, endpoint: &str) -> TracerBuilder {
    tracer(name).otlp_http(endpoint).request_timeout(REQUEST_TIMEOUT)
}

fn over_grpc(name: &str, endpoint: &str) -> TracerBuilder {
    tracer(name).otlp_grpc(endpoint).request_timeout(REQUEST_TIMEOUT)
}

/// Waits until `spans` spans have arrived. A span counts once, because the backend may have taken a
/// request whose response was lost.
async fn wait_for(backend: &Receiver, spans: usize, timeout: Duration) -> usize {
    let started = Instant::now();
    loop {
        let arrived = backend.spans().iter().map(|span| span.span_id()).collect::<HashSet<_>>().len();
        if arrived >= spans || started.elapsed() >= timeout {
            return arrived;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Kills the connection of a tracer under traffic, twice. Checks that later spans arrive after one
/// request timeout and one backoff, and that no span is lost.
async fn recovers(tracer: TracerBuilder, backend: &Receiver, proxy: &Blackhole) {
    let name = tracer.name().to_owned();
    let registry = Registry::builder().tracer(tracer).default_tracer(&name).build().unwrap();
    let tracer = registry.tracer(&name).unwrap();
    let mut spans = 0;
    for _ in 0..2 {
        let before = spans + 20;
        while spans < before {
            tracer.in_span("before", || {});
            spans += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let arrived = wait_for(backend, spans, Duration::from_secs(5)).await;
        assert_eq!(arrived, spans, "the connection works");
        proxy.kill_connections();
        let killed = Instant::now();
        while killed.elapsed() < Duration::from_millis(300) {
            tracer.in_span("after", || {});
            spans += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let arrived = wait_for(backend, spans, Duration::from_secs(15)).await;
        let took = killed.elapsed();
        assert_eq!(arrived, spans, "after {took:?}\n{}", registry.stats());
        assert!(took < REQUEST_TIMEOUT + BACKOFF, "took {took:?}\n{}", registry.stats());
    }
    registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
    let stats = registry.stats();
    let stats = stats.tracer(&name).unwrap();
    assert_eq!((stats.exported, stats.dropped.total()), (spans as u64, 0), "{stats:?}");
    assert!(stats.retries >= 2, "requests timed out: {stats:?}");
}

#[tokio::test]
async fn a_silent_connection_over_http_costs_one_request_timeout() {
    let backend = Receiver::start().await.unwrap();
    let proxy = Blackhole::start(&backend.http_endpoint()).await;
    recovers(over_http("http", &format!("http://{}/v1/traces", proxy.address)), &backend, &proxy).await;
}

#[tokio::test]
async fn a_silent_connection_over_grpc_costs_one_request_timeout() {
    let backend = Receiver::start().await.unwrap();
    let proxy = Blackhole::start(&backend.grpc_endpoint()).await;
    recovers(over_grpc("grpc", &format!("http://{}", proxy.address)), &backend, &proxy).await;
}

#[tokio::test]
async fn a_silent_connection_over_tls_costs_one_request_timeout() {
    let certificates = Certificates::new("silent");
    let (ca, cert, key) =
        (certificates.path("ca.pem"), certificates.path("client.pem"), certificates.path("client.key"));
    let with = |tracer: TracerBuilder| tracer.tls_ca_file(&*ca).tls_client(&*cert, &*key);
    for protocol in ["http/1.1", "h2"] {
        let backend = Receiver::start().await.unwrap();
        let tls = certificates.serve(&backend.http_endpoint(), protocol).await;
        let proxy = Blackhole::start(&tls.to_string()).await;
        let endpoint = format!("https://localhost:{}/v1/traces", proxy.address.port());
        recovers(with(over_http(protocol, &endpoint)), &backend, &proxy).await;
    }
    let backend = Receiver::start().await.unwrap();
    let tls = certificates.serve(&backend.grpc_endpoint(), "h2").await;
    let proxy = Blackhole::start(&tls.to_string()).await;
    let endpoint = format!("https://localhost:{}", proxy.address.port());
    recovers(with(over_grpc("grpc", &endpoint)), &backend, &proxy).await;
}

#[tokio::test]
async fn one_timeout_condemns_all_idle_connections_of_the_host() {
    let slow = Behaviour { delay: Duration::from_millis(300), ..Behaviour::default() };
    let backend = Receiver::start_with(slow).await.unwrap();
    let proxy = Blackhole::start(&backend.http_endpoint()).await;
    let endpoint = format!("http://{}/v1/traces", proxy.address);
    let names = ["a", "b", "c", "d", "e"];
    let builder =
        names.iter().fold(Registry::builder(), |builder, name| builder.tracer(over_http(name, &endpoint)));
    let registry = builder.default_tracer("a").build().unwrap();
    let end_span = |name: &str| registry.tracer(name).unwrap().in_span("work", || {});
    names.iter().copied().for_each(end_span);
    assert_eq!(backend.wait_for(5, Duration::from_secs(5)).await.len(), 5);
    // until the responses have arrived too
    registry.flush().await.unwrap();
    assert!(proxy.accepted() > 1, "requests at the same time need several connections");
    proxy.kill_connections();
    let killed = Instant::now();
    end_span("a");
    assert_eq!(backend.wait_for(6, Duration::from_secs(10)).await.len(), 6);
    let took = killed.elapsed();
    assert!(took < REQUEST_TIMEOUT + Duration::from_millis(300) + BACKOFF, "{took:?}");
    // the other tracers get a new connection at once
    let started = Instant::now();
    names[1..].iter().copied().for_each(end_span);
    assert_eq!(backend.wait_for(10, Duration::from_secs(10)).await.len(), 10);
    assert!(started.elapsed() < REQUEST_TIMEOUT, "{:?}", started.elapsed());
    assert_eq!(names.map(|name| registry.stats().tracer(name).unwrap().retries), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_timeout_leaves_the_other_requests_of_its_connection_alone() {
    let slow = Behaviour { delay: Duration::from_millis(800), ..Behaviour::default() };
    let backend = Receiver::start_with(slow).await.unwrap();
    let patient =
        tracer("patient").otlp_grpc(backend.grpc_endpoint()).request_timeout(Duration::from_secs(10));
    let hasty = tracer("hasty")
        .otlp_grpc(backend.grpc_endpoint())
        .request_timeout(Duration::from_millis(100))
        .export_timeout(Duration::from_secs(2));
    let registry = Registry::builder()
        .tracer(patient.max_concurrent_exports(4))
        .tracer(hasty)
        .default_tracer("patient")
        .build()
        .unwrap();
    let (patient, hasty) = (registry.tracer("patient").unwrap(), registry.tracer("hasty").unwrap());
    for _ in 0..60 {
        patient.in_span("work", || {});
        hasty.in_span("work", || {});
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let _ = registry.shutdown_within(Duration::from_secs(10)).await;
    let stats = registry.stats();
    let (patient, hasty) = (stats.tracer("patient").unwrap(), stats.tracer("hasty").unwrap());
    assert_eq!((patient.exported, patient.retries, patient.dropped.total()), (60, 0, 0), "{stats}");
    assert_eq!((hasty.exported, hasty.dropped.total()), (0, 60), "{stats}");
    // one retired connection for the two tracers, and one for each attempt of the hasty one
    let attempts = usize::try_from(hasty.retries).unwrap();
    assert!(backend.connections() <= attempts + 30, "{} connections\n{stats}", backend.connections());
}

#[tokio::test]
async fn an_export_that_ends_before_its_request_condemns_the_connection() {
    let backend = Receiver::start().await.unwrap();
    let proxy = Blackhole::start(&backend.grpc_endpoint()).await;
    let endpoint = format!("http://{}", proxy.address);
    // the request would take longer than its export
    let impatient = |name: &str| {
        let tracer = over_grpc(name, &endpoint).request_timeout(Duration::from_secs(60));
        tracer.export_timeout(Duration::from_secs(1))
    };
    let registry = Registry::builder()
        .tracer(impatient("a"))
        .tracer(impatient("b"))
        .default_tracer("a")
        .build()
        .unwrap();
    let end_span = |name: &str| registry.tracer(name).unwrap().in_span("work", || {});
    for (spans, name) in [(1, "a"), (2, "b")] {
        end_span(name);
        assert_eq!(wait_for(&backend, spans, Duration::from_secs(5)).await, spans);
    }
    registry.flush().await.unwrap();
    proxy.kill_connections();
    end_span("a");
    let error = registry.flush().await.unwrap_err().to_string();
    assert!(error.contains("no response within"), "{error}");
    let stats = registry.stats();
    assert_eq!(stats.tracer("a").unwrap().dropped.timeout, 1, "{stats}");
    // one for each, and neither uses the dead connection
    for (spans, name) in [(3, "b"), (4, "a")] {
        end_span(name);
        assert_eq!(wait_for(&backend, spans, Duration::from_secs(5)).await, spans, "{}", registry.stats());
    }
    registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
}
