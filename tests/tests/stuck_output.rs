//! Console exporters whose output nobody reads, beside a tracer with a backend.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use multitracer::{KeyValue, Registry, TracerBuilder, enrich_span};
use multitracer_tests::Receiver;

/// The endpoint of the good tracer, in the process whose output nobody reads.
const ENDPOINT: &str = "MULTITRACER_TEST_STUCK_ENDPOINT";

/// More than the threads that one runtime has for blocking work.
const STUCK: usize = 300;

/// The number of spans of the good tracer.
const SPANS: usize = 5;

/// Prints from many tracers, and exports from a good one afterwards.
async fn print_and_export(endpoint: &str) {
    let soon = Duration::from_millis(10);
    let good = TracerBuilder::new("good").otlp_http(endpoint).schedule_delay(soon);
    let stuck = |n| TracerBuilder::new(format!("stuck-{n}")).console().schedule_delay(soon);
    let builder = (0..STUCK).fold(Registry::builder(), |builder, n| builder.tracer(stuck(n)));
    let registry = builder.tracer(good).default_tracer("good").build().unwrap();
    for tracer in registry.tracers().iter().filter(|tracer| tracer.name() != "good") {
        // more than a pipe holds
        tracer.in_span("work", || enrich_span([KeyValue::new("text", "x".repeat(100_000))]));
    }
    // until the writes are in progress
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..SPANS {
        registry.tracer("good").unwrap().in_span("work", || {});
        tokio::time::sleep(soon * 2).await;
    }
    // a shutdown ends in time too
    assert!(registry.shutdown_within(Duration::from_secs(2)).await.is_err());
    assert_eq!(registry.stats().tracer("good").unwrap().exported, SPANS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_that_nobody_reads_delay_no_other_tracer() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        print_and_export(&endpoint).await;
        // the end of a test prints too
        std::process::exit(0);
    }
    let backend = Receiver::start().await.unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outputs_that_nobody_reads_delay_no_other_tracer", "--nocapture"])
        .env(ENDPOINT, backend.http_endpoint())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let arrived = backend.wait_for(SPANS, Duration::from_secs(30)).await.len();
    let started = Instant::now();
    let mut ended = None;
    while ended.is_none() && started.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        ended = child.try_wait().unwrap();
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert_eq!(arrived, SPANS);
    assert!(ended.is_some_and(|ended| ended.success()), "the shutdown did not end: {ended:?}");
}
