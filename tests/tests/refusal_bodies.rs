//! Refusals whose body is endless or never comes: the status says enough, and soon.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[expect(dead_code, reason = "this test uses a part")]
mod fault_support;

use std::time::{Duration, Instant};

use multitracer::config::Config;
use multitracer::{Registry, TracerBuilder};

use self::fault_support::{Fault, serve_fault};

/// The time limit of the exporter and of the probe.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The time within which the refusal is known.
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_needs_no_end_of_its_body() {
    for fault in [Fault::EndlessRefusal, Fault::RefusalWithoutBody] {
        let endpoint = format!("http://{}/v1/traces", serve_fault(fault).await);
        let yaml = format!("tracers: {{a: {{exporter: {{otlp_http: {{endpoint: \"{endpoint}\"}}}}}}}}");
        let started = Instant::now();
        let probes = Config::from_yaml(&yaml).unwrap().probe("a", TIMEOUT).await;
        let outcome = probes[0].outcome().to_string();
        assert!(outcome.starts_with("refused: 401 Unauthorized"), "{fault:?}: {outcome}");
        assert!(started.elapsed() < SOON, "{fault:?}: the probe took {:?}", started.elapsed());

        let tracer = TracerBuilder::new("a").otlp_http(endpoint).request_timeout(TIMEOUT);
        let registry = Registry::builder().tracer(tracer).build().unwrap();
        registry.default_tracer().in_span("work", || {});
        let started = Instant::now();
        let error = registry.shutdown_within(TIMEOUT).await.unwrap_err();
        assert!(started.elapsed() < SOON, "{fault:?}: the export took {:?}", started.elapsed());
        let found = error.report().tracers()[0].last_error.clone().unwrap();
        assert!(found.contains("401 Unauthorized"), "{fault:?}: {found}");
    }
}
