//! A runtime of the application whose clock is paused. Exports keep their own clock.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::future::pending;
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// An exporter that takes all spans, or hangs.
#[derive(Debug)]
struct Backend {
    hangs: bool,
}

impl SpanExporter for Backend {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        if self.hangs {
            pending::<()>().await;
        }
        Ok(())
    }
}

fn registry(hangs: bool) -> Registry {
    let tracer = TracerBuilder::new("only").exporter(Backend { hangs });
    Registry::builder().tracer(tracer.schedule_delay(Duration::from_millis(20))).build().unwrap()
}

/// Spans leave after the schedule delay, by the clock on the wall.
#[tokio::test(start_paused = true)]
async fn spans_leave_while_the_clock_is_paused() {
    let registry = registry(false);
    for hours in [0, 1] {
        tokio::time::advance(Duration::from_secs(3600 * hours)).await;
        registry.default_tracer().in_span("work", || {});
        let started = Instant::now();
        while registry.stats().tracers()[0].exported <= hours {
            assert!(started.elapsed() < Duration::from_secs(5), "the span did not leave, {hours} h ahead");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_keeps_its_deadline_while_the_clock_is_paused() {
    let registry = registry(true);
    tokio::time::advance(Duration::from_secs(3600)).await;
    registry.default_tracer().in_span("work", || {});
    let started = Instant::now();
    registry.shutdown_within(Duration::from_millis(500)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2), "the shutdown took {:?}", started.elapsed());
    assert_eq!(registry.stats().tracers()[0].dropped.shutdown, 1);
}
