//! The connections of many tracers to one backend.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Behaviour, Receiver};

const TRACERS: usize = 1000;

#[tokio::test]
async fn a_thousand_tracers_flush_over_few_connections() {
    let slow = Behaviour { delay: Duration::from_millis(20), ..Behaviour::default() };
    let receiver = Receiver::start_with(slow).await.unwrap();
    let mut builder = Registry::builder().default_tracer("t0");
    for n in 0..TRACERS {
        builder = builder.tracer(TracerBuilder::new(format!("t{n}")).otlp_http(receiver.http_endpoint()));
    }
    let registry = builder.build().unwrap();
    for tracer in registry.tracers() {
        tracer.in_span("work", || {});
    }
    let started = Instant::now();
    let flushed = registry.flush().await;
    let (spans, connections) = (receiver.spans().len(), receiver.connections());
    println!("{spans} tracers flushed in {:?} over {connections} connections", started.elapsed());
    assert!(flushed.is_ok(), "{}", flushed.unwrap_err());
    assert_eq!(spans, TRACERS);
    // 128 requests run at once; a connection may open while another becomes free
    assert!(connections <= 2 * 128, "{connections}");
    let retries: u64 = registry.stats().tracers().iter().map(|tracer| tracer.retries).sum();
    assert_eq!(retries, 0);
}
