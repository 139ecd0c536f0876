//! Deadlines of flushes and shutdowns, which hold without any runtime.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

#[expect(dead_code, reason = "this test uses a part")]
mod scripted_backend;

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use multitracer::builder::RegistryBuilder;
use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use self::scripted_backend::{Answer, ScriptedBackend};

/// A gate at which exporters block their thread until it opens.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Debug, Default)]
struct GateState {
    is_open: bool,
    waiting: usize,
}

impl Gate {
    fn pass(&self) {
        let (state, changed) = &*self.0;
        let mut state = state.lock().unwrap();
        state.waiting += 1;
        changed.notify_all();
        drop(changed.wait_while(state, |state| !state.is_open).unwrap());
    }

    fn open(&self) {
        let (state, changed) = &*self.0;
        state.lock().unwrap().is_open = true;
        changed.notify_all();
    }

    /// Waits until `count` threads are at the gate, for 5 s at most.
    fn wait_for(&self, count: usize) {
        let (state, changed) = &*self.0;
        let is_short = |state: &mut GateState| state.waiting < count;
        drop(changed.wait_timeout_while(state.lock().unwrap(), Duration::from_secs(5), is_short).unwrap());
    }
}

/// An exporter that blocks its thread in each export.
#[derive(Debug)]
struct Blocking(Gate);

impl SpanExporter for Blocking {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.pass();
        Ok(())
    }
}

/// An exporter that blocks while it is set up.
#[derive(Debug)]
struct SlowToStart(Gate);

impl SpanExporter for SlowToStart {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _resource: &Resource) {
        self.0.pass();
    }
}

fn spans(registry: &Registry, tracer: &str, count: usize) {
    let tracer = registry.tracer(tracer).unwrap();
    for _ in 0..count {
        tracer.in_span("work", || {});
    }
}

#[track_caller]
fn assert_within(what: &str, deadline: Duration, started: Instant) {
    let elapsed = started.elapsed();
    println!("{what}: {elapsed:?} of {deadline:?}");
    assert!(elapsed < deadline + Duration::from_millis(700), "{what} took {elapsed:?} of {deadline:?}");
}

/// 64 exports block their threads. Every deadline holds, because the caller keeps it.
#[test]
fn blocked_exports_delay_no_deadline() {
    let gate = Gate::default();
    let tracer = TracerBuilder::new("only").exporter(Blocking(gate.clone()));
    let tracer = tracer.max_export_batch_size(1).max_concurrent_exports(64);
    let registry = Registry::builder().tracer(tracer.schedule_delay(Duration::ZERO)).build().unwrap();
    spans(&registry, "only", 64);
    gate.wait_for(64);
    let limit = Duration::from_millis(500);
    let started = Instant::now();
    let error = registry.flush_blocking(limit).unwrap_err();
    assert_within("flush_blocking", limit, started);
    assert!(error.to_string().contains("not done within 500ms"), "{error}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let started = Instant::now();
    let error = runtime.block_on(registry.shutdown_within(limit)).unwrap_err();
    assert_within("shutdown_within, on a runtime without a clock", limit, started);
    let only = &error.report().tracers()[0];
    assert_eq!((only.started, only.dropped.shutdown, only.queued, only.in_flight), (64, 64, 0, 0), "{error}");
    let started = Instant::now();
    registry.shutdown_blocking(limit).unwrap_err();
    assert_within("shutdown_blocking", limit, started);
    gate.open();
}

/// A runtime of the application whose workers are all blocked delays no deadline.
#[test]
fn a_blocked_application_delays_no_deadline() {
    let exporter = Gate::default();
    let tracer = TracerBuilder::new("only").exporter(Blocking(exporter.clone()));
    let registry = Registry::builder().tracer(tracer.schedule_delay(Duration::ZERO)).build().unwrap();
    spans(&registry, "only", 1);
    exporter.wait_for(1);
    let (gate, workers) = (Gate::default(), 2);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap();
    for _ in 0..workers {
        let gate = gate.clone();
        runtime.spawn(async move { gate.pass() });
    }
    gate.wait_for(workers);
    let limit = Duration::from_millis(300);
    let started = Instant::now();
    // the workers are blocked, so the runtime has no clock; many callers wait at once
    let shutdowns = (0..100).map(|_| registry.shutdown_within(limit));
    let results = runtime.block_on(futures_util::future::join_all(shutdowns));
    assert!(results.iter().all(Result::is_err));
    assert_within("100 times shutdown_within", limit, started);
    gate.open();
    exporter.open();
}

/// A reload that waits for an exporter of the application delays no shutdown. It fails after it.
#[test]
fn a_reload_that_blocks_delays_no_shutdown() {
    let gate = Gate::default();
    let registry = Registry::builder().tracer(TracerBuilder::new("a").console()).build().unwrap();
    let limit = Duration::from_millis(500);
    let reloaded = thread::scope(|scope| {
        let reload = scope.spawn(|| {
            let tracer = TracerBuilder::new("a").exporter(SlowToStart(gate.clone()));
            registry.reload(Registry::builder().tracer(tracer))
        });
        gate.wait_for(1);
        let started = Instant::now();
        let result = registry.shutdown_blocking(limit);
        let elapsed = started.elapsed();
        gate.open();
        assert!(result.is_ok() && elapsed < limit, "{elapsed:?}: {result:?}");
        reload.join().unwrap()
    });
    assert!(reloaded.unwrap_err().to_string().contains("shut down"));
    spans(&registry, "a", 1);
    assert_eq!(registry.stats().tracer("a").unwrap().started, 0, "a span started after the shutdown");
}

/// Any time limit is allowed.
#[test]
fn an_endless_time_limit_is_taken() {
    let registry = Registry::builder().tracer(TracerBuilder::new("a").console()).build().unwrap();
    registry.flush_blocking(Duration::MAX).unwrap();
    registry.shutdown_blocking(Duration::MAX).unwrap();
    // the outcome of a shutdown stays
    registry.shutdown_blocking(Duration::ZERO).unwrap();
}

/// A tracer that a reload retired is part of the shutdown: of its deadline and of its report.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_includes_retired_tracers() {
    let backend = ScriptedBackend::start(|_| Answer::AcceptAfter(Duration::from_millis(250))).await;
    let configuration = |project: &str| -> RegistryBuilder {
        let tracer = TracerBuilder::new("canary").project(project).otlp_http(backend.endpoint());
        let tracer = tracer.max_export_batch_size(10).schedule_delay(Duration::from_secs(3600));
        let main = TracerBuilder::new("main").otlp_http(backend.endpoint());
        Registry::builder().tracer(main).tracer(tracer).default_tracer("main")
    };
    let registry = configuration("old").build().unwrap();
    spans(&registry, "canary", 500);
    registry.reload(configuration("new")).unwrap();
    backend.wait_for(1).await;
    let limit = Duration::from_secs(1);
    let started = Instant::now();
    let error = registry.shutdown_blocking(limit).unwrap_err();
    assert_within("shutdown_blocking", limit, started);
    let requests = backend.arrivals().len();
    let old = error.report().tracers().iter().find(|line| &*line.project == "old").unwrap();
    assert!(old.error.as_ref().is_some_and(|error| error.contains("not done within 1s")), "{error}");
    assert_eq!((old.started, old.queued, old.in_flight), (500, 0, 0), "{error}");
    assert_eq!(old.exported + old.dropped.shutdown, 500, "{}", error.report());
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(backend.arrivals().len() <= requests + 1, "requests after the shutdown");
}
