//! Batches that a backend calls too large.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use multitracer::{KeyValue, Registry, Tracer, TracerBuilder, enrich_span};
use multitracer_tests::{Behaviour, Receiver};
use serde_json::Value;
use tokio::net::TcpListener;

const SPANS: usize = 512;

/// Returns a text that gzip cannot make much smaller.
fn noise(length: usize) -> String {
    let mut state = 7_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + (state >> 59) as u8 % 26)
    };
    (0..length).map(next).collect()
}

/// Returns a tracer that exports a batch of up to 512 spans only when it is flushed.
fn registry(tracer: TracerBuilder) -> (Registry, Tracer) {
    let tracer = tracer.schedule_delay(Duration::from_secs(60)).max_export_batch_size(SPANS);
    let registry = Registry::builder().tracer(tracer).default_tracer("t").build().unwrap();
    let tracer = registry.tracer("t").unwrap();
    (registry, tracer)
}

fn end_span(tracer: &Tracer, text: &str) {
    tracer.in_span("work", || enrich_span([KeyValue::new("text", text.to_owned())]));
}

fn refused(backend: &Receiver) -> usize {
    backend.requests().iter().filter(|request| request.status == 413).count()
}

#[tokio::test]
async fn one_span_that_is_too_large_costs_no_other_span() {
    let backend =
        Receiver::start_with(Behaviour { max_body: Some(150_000), ..Behaviour::default() }).await.unwrap();
    let (http, grpc) = (backend.http_endpoint(), backend.grpc_endpoint());
    let new = || TracerBuilder::new("t");
    for (what, tracer) in [
        ("protobuf", new().otlp_http(&*http)),
        ("protobuf, gzip", new().otlp_http(&*http).gzip()),
        ("gRPC", new().otlp_grpc(&*grpc)),
        ("gRPC, gzip", new().otlp_grpc(&*grpc).gzip()),
    ] {
        let (registry, tracer) = registry(tracer);
        let before = (backend.spans().len(), backend.requests().len());
        let large = noise(400_000);
        for n in 0..SPANS {
            end_span(&tracer, if n == 300 { &large } else { "small" });
        }
        registry.flush().await.unwrap_err();
        let stats = registry.stats();
        let stats = stats.tracer("t").unwrap();
        let counts = (stats.exported, stats.dropped.too_large, stats.dropped.total(), stats.in_flight);
        assert_eq!(counts, (SPANS as u64 - 1, 1, 1, 0), "{what}: {stats:?}");
        assert_eq!(backend.spans().len() - before.0, SPANS - 1, "{what}");
        let requests = backend.requests().len() - before.1;
        assert!(requests <= 20, "{what}: {requests} requests");
        registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
    }
}

#[tokio::test]
async fn the_size_that_passed_bounds_later_requests() {
    for json in [false, true] {
        let max_body = Some(300_000);
        let backend = Receiver::start_with(Behaviour { max_body, ..Behaviour::default() }).await.unwrap();
        let endpoint = backend.http_endpoint();
        let tracer = TracerBuilder::new("t");
        let (registry, tracer) =
            registry(if json { tracer.otlp_http_json(endpoint) } else { tracer.otlp_http(endpoint) });
        let (text, mut refusals) = (noise(2000), Vec::new());
        for round in 1..=3 {
            for _ in 0..SPANS {
                end_span(&tracer, &text);
            }
            registry.flush().await.unwrap();
            assert_eq!(backend.spans().len(), round * SPANS);
            refusals.push(refused(&backend));
        }
        assert!((1..=3).contains(&refusals[0]), "one for each halving: {refusals:?}");
        assert_eq!(refusals, [refusals[0]; 3], "later batches are cut before they are sent");
        let stats = registry.stats();
        let stats = stats.tracer("t").unwrap();
        assert_eq!((stats.exported, stats.dropped.total()), (3 * SPANS as u64, 0), "{stats:?}");
        registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
    }
}

#[tokio::test]
async fn a_backend_that_takes_no_size_gets_few_requests() {
    let behaviour = Behaviour { fail_first: Some((usize::MAX, 413)), ..Behaviour::default() };
    let backend = Receiver::start_with(behaviour).await.unwrap();
    let new = || TracerBuilder::new("t");
    for tracer in [new().otlp_http(backend.http_endpoint()), new().otlp_grpc(backend.grpc_endpoint())] {
        let before = backend.requests().len();
        let (registry, tracer) = registry(tracer);
        for _ in 0..SPANS {
            end_span(&tracer, "equal");
        }
        registry.flush().await.unwrap_err();
        let stats = registry.stats();
        assert_eq!(stats.tracer("t").unwrap().dropped.too_large, SPANS as u64, "{stats}");
        let requests = backend.requests().len() - before;
        assert!(requests <= 20, "{requests} requests");
        registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
    }
}

#[tokio::test]
async fn parts_that_were_exported_before_a_timeout_count_as_exported() {
    let delay = Duration::from_millis(100);
    let behaviour = Behaviour { delay, max_body: Some(80_000), ..Behaviour::default() };
    let backend = Receiver::start_with(behaviour).await.unwrap();
    let tracer = TracerBuilder::new("t").otlp_http(backend.http_endpoint());
    let (registry, tracer) = registry(tracer.export_timeout(Duration::from_millis(1500)));
    let text = noise(2000);
    for _ in 0..SPANS {
        end_span(&tracer, &text);
    }
    registry.flush().await.unwrap_err();
    let stats = registry.stats();
    let stats = stats.tracer("t").unwrap();
    let (exported, arrived) = (stats.exported, backend.spans().len() as u64);
    assert!(exported > 0 && stats.dropped.timeout > 0, "{stats:?}");
    assert_eq!((exported + stats.dropped.timeout, stats.in_flight), (SPANS as u64, 0), "{stats:?}");
    // the backend may have taken the request that was in progress
    assert!(exported <= arrived && arrived <= exported + 32, "{arrived} arrived: {stats:?}");
}

/// Starts a backend that reads JSON bodies up to a size. Returns its endpoint and the spans of all
/// requests.
async fn json_backend(max_body: usize) -> (String, Arc<Mutex<Vec<Value>>>) {
    let spans = Arc::<Mutex<Vec<Value>>>::default();
    let taken = Arc::clone(&spans);
    let export = move |body: Bytes| async move {
        if body.len() > max_body {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        let request: Value = serde_json::from_slice(&body).unwrap();
        let of_request = request["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
        taken.lock().unwrap().extend(of_request);
        StatusCode::OK
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/v1/traces", post(export));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}/v1/traces"), spans)
}

#[tokio::test]
async fn a_batch_in_json_is_cut_with_its_numbers_unchanged() {
    let (endpoint, spans) = json_backend(300_000).await;
    let (registry, tracer) = registry(TracerBuilder::new("t").otlp_http_json(endpoint));
    let text = noise(2000);
    let numbers = [f64::NAN, 0.5, f64::INFINITY, f64::NEG_INFINITY];
    for n in 0..SPANS {
        tracer.in_span("work", || {
            let number = KeyValue::new("number", numbers[n % numbers.len()]);
            enrich_span([KeyValue::new("text", text.clone()), number]);
        });
    }
    registry.flush().await.unwrap();
    let found = |number: &str| {
        let is_it =
            |span: &&Value| span["attributes"].to_string().contains(&format!("\"doubleValue\":{number}"));
        spans.lock().unwrap().iter().filter(is_it).count()
    };
    for number in [r#""NaN""#, r#""Infinity""#, r#""-Infinity""#, "0.5"] {
        assert_eq!(found(number), SPANS / numbers.len(), "{number}");
    }
    let stats = registry.stats();
    let stats = stats.tracer("t").unwrap();
    assert_eq!((stats.exported, stats.dropped.total()), (SPANS as u64, 0), "{stats:?}");
    registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
}
