//! The log of a guard that is dropped after a shutdown.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use std::time::Duration;

use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use self::captured_log::CapturedLog;

/// An exporter that takes all spans and fails while it is shut down.
#[derive(Debug)]
struct FailsAtTheEnd;

impl SpanExporter for FailsAtTheEnd {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure("as the test wants".to_owned()))
    }
}

/// One test, because a process has one guard.
#[test]
fn the_guard_reports_no_loss_after_a_shutdown_that_lost_none() {
    let log = CapturedLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let tracer = TracerBuilder::new("only").exporter(FailsAtTheEnd);
        let guard = multitracer::install(Registry::builder().tracer(tracer).build().unwrap()).unwrap();
        let registry = guard.registry().clone();
        registry.default_tracer().in_span("work", || {});
        let error = registry.shutdown_blocking(Duration::from_secs(5)).unwrap_err();
        assert_eq!(
            (error.report().tracers()[0].exported, error.report().tracers()[0].dropped.total()),
            (1, 0)
        );
        drop(guard);
    });
    let text = log.text();
    assert!(text.contains("tracer ready"), "{text}");
    assert!(!text.contains("lost") && !text.contains("WARN"), "{text}");
}
