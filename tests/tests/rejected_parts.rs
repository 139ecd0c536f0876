//! The log line about a batch that was sent in parts, of which the backend rejected spans.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use std::time::Duration;

use multitracer::{KeyValue, Registry, TracerBuilder, enrich_span};
use multitracer_tests::{Behaviour, Receiver};

use self::captured_log::CapturedLog;

#[tokio::test]
async fn the_rejected_spans_of_all_parts_are_logged() {
    let log = CapturedLog::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    // a part with 2 of the 8 spans is small enough
    let behaviour = Behaviour {
        reject: 1,
        message: Some("no".to_owned()),
        max_body: Some(30_000),
        ..Behaviour::default()
    };
    let backend = Receiver::start_with(behaviour).await.unwrap();
    let tracer = TracerBuilder::new("t").otlp_http(backend.http_endpoint());
    let tracer = tracer.schedule_delay(Duration::from_secs(60));
    let registry = Registry::builder().tracer(tracer).default_tracer("t").build().unwrap();
    for _ in 0..8 {
        let text = KeyValue::new("text", "x".repeat(10_000));
        registry.default_tracer().in_span("work", || enrich_span([text]));
    }
    registry.flush().await.unwrap();
    let stats = registry.stats();
    let stats = stats.tracer("t").unwrap();
    assert_eq!((stats.exported, stats.rejected), (4, 4), "{stats:?}");
    let log = log.text();
    assert!(log.contains("exported with a complaint") && log.contains("rejected=4"), "{log}");
    registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
}
