//! Durations at both ends, in each public function that takes one.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::time::Duration;

use multitracer::config::Config;
use multitracer::error::BuildError;
use multitracer::probe::ProbeOutcome;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;

/// Durations that overflow a clock at once, nearly or in milliseconds.
const LONGEST: [Duration; 3] =
    [Duration::MAX, Duration::from_secs(i64::MAX as u64), Duration::from_secs(1 << 40)];

async fn registry_with_a_span() -> (Receiver, Registry) {
    let receiver = Receiver::start().await.unwrap();
    let tracer = TracerBuilder::new("main").otlp_http(receiver.http_endpoint());
    let registry = Registry::builder().tracer(tracer).build().unwrap();
    registry.default_tracer().in_span("work", || {});
    (receiver, registry)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_and_a_shutdown_take_the_longest_time() {
    for longest in LONGEST {
        let (receiver, registry) = registry_with_a_span().await;
        tokio::task::block_in_place(|| registry.flush_blocking(longest)).unwrap();
        assert_eq!(receiver.spans().len(), 1, "{longest:?}");
        registry.default_tracer().in_span("work", || {});
        registry.shutdown_within(longest).await.unwrap();
        assert_eq!(receiver.spans().len(), 2, "{longest:?}");

        let (receiver, registry) = registry_with_a_span().await;
        tokio::task::block_in_place(|| registry.shutdown_blocking(longest)).unwrap();
        assert_eq!(receiver.spans().len(), 1, "{longest:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_at_all_is_an_error_and_no_panic() {
    let (_receiver, registry) = registry_with_a_span().await;
    let _ = tokio::task::block_in_place(|| registry.flush_blocking(Duration::ZERO));
    let _ = registry.shutdown_within(Duration::ZERO).await;
    let stats = registry.stats();
    let main = &stats.tracers()[0];
    assert_eq!(main.exported + main.dropped.total(), 1, "{stats}");
}

/// Returns the errors of a tracer.
fn refusal(change: impl Fn(TracerBuilder) -> TracerBuilder) -> String {
    match Registry::builder().tracer(change(TracerBuilder::new("main"))).build() {
        Err(BuildError::Config(error)) => error.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_tracer_refuses_what_a_file_refuses() {
    for longest in LONGEST {
        let millis = longest.as_millis();
        let expected = |key: &str, min: u32| {
            format!(
                "tracers.main.{key}: `{millis}` is not a whole number of milliseconds from {min} to 86400000"
            )
        };
        let error = refusal(|tracer| tracer.schedule_delay(longest).export_timeout(longest));
        assert!(error.contains(&expected("batch.schedule_delay", 0)), "{error}");
        assert!(error.contains(&expected("batch.export_timeout", 0)), "{error}");
        let error = refusal(|tracer| tracer.request_timeout(longest));
        assert!(error.contains(&expected("exporter.otlp_http.timeout", 1)), "{error}");
    }
    let error = refusal(|tracer| tracer.max_queue_size(0));
    assert!(error.contains("batch.max_queue_size: `0` is not a whole number from 1 to 16777216"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_takes_any_period() {
    let path = std::env::temp_dir().join(format!("multitracer-durations-{}.yaml", std::process::id()));
    fs::write(&path, "tracers: {main: {exporter: console}}").unwrap();
    let registry = Registry::from_path(&path).unwrap();
    for period in LONGEST.into_iter().chain([Duration::ZERO, Duration::from_nanos(1)]) {
        drop(registry.watch().period(period).start().unwrap());
    }
    let watch = registry.watch().period(Duration::MAX).start().unwrap();
    registry.shutdown().await.unwrap();
    drop(watch);
    fs::remove_file(&path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_takes_any_timeout() {
    let receiver = Receiver::start().await.unwrap();
    let yaml = format!(
        "tracers: {{main: {{exporter: {{otlp_http: {{endpoint: \"{}\"}}}}}}}}",
        receiver.http_endpoint()
    );
    let config = Config::from_yaml(&yaml).unwrap();
    for timeout in LONGEST {
        let reports = config.probe("main", timeout).await;
        assert!(
            reports.iter().all(|report| matches!(report.outcome(), ProbeOutcome::Delivered)),
            "{timeout:?}: {reports:?}"
        );
    }
    assert_eq!(config.probe("main", Duration::ZERO).await.len(), 1);
}
