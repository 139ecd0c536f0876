//! Pauses that a backend asks for, flushes that time out, and retries after the registry's drop.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

#[expect(dead_code, reason = "this test uses a part")]
mod random;
#[expect(dead_code, reason = "this test uses a part")]
mod scripted_backend;

use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};

use self::random::Random;
use self::scripted_backend::{Answer, ScriptedBackend};

const SPANS: u64 = 2000;

/// Returns a registry with one tracer, `only`.
fn registry(tracer: impl FnOnce(TracerBuilder) -> TracerBuilder) -> Registry {
    Registry::builder().tracer(tracer(TracerBuilder::new("only"))).build().unwrap()
}

fn spans(registry: &Registry, count: u64) {
    let tracer = registry.default_tracer();
    for _ in 0..count {
        tracer.in_span("work", || {});
    }
}

/// A flush loses the batches that the backend refused, and nothing else. A shutdown ends at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_during_a_long_pause_keeps_the_queue() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let (exports, batch) = (1 + random.below(4), 50 + random.below(400));
        let backend = ScriptedBackend::start(|_| Answer::Pause(60)).await;
        let registry = registry(|tracer| {
            tracer
                .otlp_http(backend.endpoint())
                .max_queue_size(4000)
                .max_export_batch_size(batch)
                .max_concurrent_exports(exports)
                .schedule_delay(Duration::from_secs(3600))
                .export_timeout(Duration::from_secs(5))
        });
        spans(&registry, SPANS);
        let context = format!("seed {seed}: {exports} exports, {batch} spans a batch");
        registry.flush().await.unwrap_err();
        let requests = backend.arrivals().len();
        assert!((1..=exports).contains(&requests), "{context}: {requests} requests");
        let stats = registry.stats();
        let only = stats.tracer("only").unwrap();
        let refused = only.dropped.export_failed;
        assert!(refused <= (requests * batch) as u64, "{context}\n{stats}");
        // later batches wait, also if another flush asks for them or if their export has begun
        assert_eq!(only.queued + only.in_flight + refused, SPANS, "{context}\n{stats}");
        let queued = only.queued + only.in_flight;
        println!("{context}: {refused} refused in {requests} requests, {queued} queued");
        let error = registry.flush().await.unwrap_err();
        assert!(error.to_string().contains("asked to wait"), "{context}: {error}");
        let only = &error.report().tracers()[0];
        assert_eq!(only.queued + only.in_flight, queued, "{context}");
        let started = Instant::now();
        let error = registry.shutdown().await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(2), "{context}: the shutdown waited for the pause");
        assert_eq!(error.report().tracers()[0].dropped.shutdown, queued, "{context}: {error}");
        assert_eq!(backend.arrivals().len(), requests, "{context}: a request during the pause");
    }
}

/// After the pause, the queue is exported.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queue_is_exported_after_the_pause() {
    let backend = ScriptedBackend::start(|n| if n == 0 { Answer::Pause(1) } else { Answer::Accept }).await;
    let registry = registry(|tracer| {
        tracer
            .otlp_http(backend.endpoint())
            .max_export_batch_size(100)
            .schedule_delay(Duration::from_secs(3600))
    });
    spans(&registry, SPANS);
    let report = registry.shutdown().await.unwrap();
    assert_eq!((report.tracers()[0].exported, report.tracers()[0].retries), (SPANS, 1));
    let arrivals = backend.arrivals();
    assert!(arrivals[1] - arrivals[0] >= Duration::from_millis(950), "a request during the pause");
}

/// No export of the tracer sends a request during a pause, also not one that has failed otherwise
/// and waits for its next attempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_for_all_exports() {
    // the first requests are refused without a pause, the fourth one asks for a pause
    let script = |n: usize| match n {
        0..3 => Answer::Refuse,
        3 => Answer::Pause(3),
        _ => Answer::Accept,
    };
    let backend = ScriptedBackend::start(script).await;
    let registry = registry(|tracer| {
        tracer
            .otlp_http(backend.endpoint())
            .max_export_batch_size(10)
            .max_concurrent_exports(4)
            .schedule_delay(Duration::from_millis(10))
    });
    spans(&registry, 100);
    backend.wait_for(4).await;
    let pause = *backend.arrivals().last().unwrap();
    while pause.elapsed() < Duration::from_millis(2800) {
        spans(&registry, 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // a request that was under way when the pause began is not in the pause's power
    let further = backend.arrivals().len() - 4;
    println!("{further} further requests within a pause of 3 s");
    assert!(further <= 3, "{further} further requests within a pause of 3 s");
    let report = registry.shutdown().await.unwrap();
    let only = &report.tracers()[0];
    assert_eq!((only.exported, only.dropped.total()), (only.started, 0), "{report}");
}

/// Exporters of one endpoint share its pause. An exporter of another endpoint does not wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_for_the_exporters_of_its_endpoint() {
    let backend = ScriptedBackend::start(|n| if n == 0 { Answer::Pause(3) } else { Answer::Accept }).await;
    let other = ScriptedBackend::start(|_| Answer::Accept).await;
    let registry = registry(|tracer| {
        let tracer = tracer.schedule_delay(Duration::from_millis(10));
        let tracer = tracer.otlp_http(backend.endpoint()).header("x-key", "one").also();
        let tracer = tracer.otlp_http(backend.endpoint()).header("x-key", "two").also();
        tracer.otlp_http(other.endpoint())
    });
    spans(&registry, 1);
    other.wait_for(1).await;
    backend.wait_for(1).await;
    let pause = *backend.arrivals().first().unwrap();
    while pause.elapsed() < Duration::from_millis(2800) {
        spans(&registry, 1);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // the other exporter of the endpoint may have sent a request when the pause began
    let (further, elsewhere) = (backend.arrivals().len() - 1, other.arrivals().len());
    println!("{further} further requests within a pause of 3 s, {elsewhere} to the other endpoint");
    assert!(further <= 1, "{further} further requests within a pause of 3 s");
    assert!(elsewhere >= 20, "{elsewhere} requests to the other endpoint");
    let report = registry.shutdown().await.unwrap();
    assert!(report.tracers().iter().all(|exporter| exporter.exported == exporter.started), "{report}");
}

/// A flush that timed out leaves no export slot idle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_are_exported_after_a_flush_that_timed_out() {
    let backend = ScriptedBackend::start(|n| if n == 0 { Answer::Hang } else { Answer::Accept }).await;
    let registry = registry(|tracer| {
        tracer
            .otlp_http(backend.endpoint())
            .max_concurrent_exports(2)
            .schedule_delay(Duration::from_millis(20))
            .request_timeout(Duration::from_secs(9))
            .export_timeout(Duration::from_secs(10))
    });
    spans(&registry, 1);
    backend.wait_for(1).await;
    registry.flush_blocking(Duration::from_millis(100)).unwrap_err();
    let started = Instant::now();
    spans(&registry, 1);
    while registry.stats().tracer("only").unwrap().exported == 0 {
        assert!(started.elapsed() < Duration::from_secs(3), "the free export slot stayed idle");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("exported after {:?}", started.elapsed());
    // a flush waits for the spans that ended before it, and no others
    let report = registry.flush_blocking(Duration::from_millis(100)).unwrap_err();
    assert!(report.to_string().contains("not done within 100ms"), "{report}");
}

/// An export that fails keeps its backoff after its registry is dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_registry_keeps_the_backoff() {
    let backend = ScriptedBackend::start(|_| Answer::Refuse).await;
    let registry = registry(|tracer| {
        tracer.otlp_http(backend.endpoint()).max_retries(1000).schedule_delay(Duration::ZERO)
    });
    spans(&registry, 1);
    backend.wait_for(2).await;
    let before = backend.arrivals().len();
    drop(registry);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let requests = backend.arrivals().len() - before;
    println!("{requests} requests within 500 ms after the drop");
    assert!(requests <= 4, "{requests} requests within 500 ms");
}
