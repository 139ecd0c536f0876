//! Exporters of users that block their threads, beside a tracer with an exporter of ours.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// More than the threads that a runtime has for blocking work.
const BLOCKED: usize = 300;

/// The most exports that one tracer runs at a time.
const AT_A_TIME: usize = 60;

/// The time limit of everything that a test waits for.
const LONGEST: Duration = Duration::from_secs(30);

/// A gate that holds exports until it opens.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    waiting: usize,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, LONGEST, |state| !state.is_open).unwrap());
    }

    /// Waits until so many exports are held.
    fn wait_for(&self, exports: usize) {
        let state = self.state.lock().unwrap();
        let limit = Duration::from_secs(30);
        let (state, _) =
            self.changed.wait_timeout_while(state, limit, |state| state.waiting < exports).unwrap();
        assert_eq!(state.waiting, exports);
    }

    fn open(&self) {
        self.state.lock().unwrap().is_open = true;
        self.changed.notify_all();
    }
}

#[derive(Clone, Debug)]
struct Blocks(Arc<Gate>);

impl SpanExporter for Blocks {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.pass();
        Ok(())
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        // code of users that blocks must not run on the threads of other exporters either
        self.0.pass();
    }
}

/// Makes spans in all tracers, and checks that the good tracer exports while the others block.
async fn export_beside(
    gate: &Arc<Gate>,
    blocked: impl IntoIterator<Item = TracerBuilder>,
    spans_each: usize,
) {
    let good = Receiver::start().await.unwrap();
    let soon = Duration::from_millis(10);
    let tracer = TracerBuilder::new("good").otlp_http(good.http_endpoint()).schedule_delay(soon);
    let mut builder = Registry::builder().tracer(tracer).default_tracer("good");
    let mut names = Vec::new();
    for tracer in blocked {
        names.push(format!("blocked-{}", names.len()));
        builder = builder.tracer(tracer.schedule_delay(soon));
    }
    let registry = builder.build().unwrap();
    for name in &names {
        for _ in 0..spans_each {
            registry.tracer(name).unwrap().in_span("work", || {});
        }
    }
    gate.wait_for(BLOCKED);
    for n in 1..=5 {
        registry.tracer("good").unwrap().in_span("work", || {});
        assert_eq!(good.wait_for(n, Duration::from_secs(2)).await.len(), n, "the good tracer waits");
    }
    let (started, limit) = (Instant::now(), Duration::from_secs(1));
    assert!(registry.shutdown_within(limit).await.is_err(), "exports hang");
    assert!(started.elapsed() < limit * 2, "{:?}", started.elapsed());
    assert_eq!(registry.stats().tracer("good").unwrap().exported, 5);
    gate.open();
}

#[tokio::test]
async fn many_blocked_exporters_delay_no_other_tracer() {
    let gate = Arc::new(Gate::default());
    let tracer = |n| TracerBuilder::new(format!("blocked-{n}")).exporter(Blocks(Arc::clone(&gate)));
    export_beside(&gate, (0..BLOCKED).map(tracer), 1).await;
}

#[tokio::test]
async fn tracers_with_many_blocked_exports_delay_no_other_tracer() {
    let gate = Arc::new(Gate::default());
    let tracer = |n| {
        let tracer = TracerBuilder::new(format!("blocked-{n}")).exporter(Blocks(Arc::clone(&gate)));
        tracer.max_concurrent_exports(AT_A_TIME).max_export_batch_size(1)
    };
    export_beside(&gate, (0..BLOCKED / AT_A_TIME).map(tracer), AT_A_TIME).await;
}
