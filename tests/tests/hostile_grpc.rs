//! Backends over gRPC whose responses are meant to break the client.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use multitracer::config::Config;
use multitracer::{Registry, TracerBuilder};
use tokio::net::TcpListener;

/// Starts a backend that answers each call with these headers, and takes no span.
async fn backend(headers: &'static [(&str, &str)]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let service = service_fn(move |request: Request<Incoming>| async move {
                    let _ = request.into_body().collect().await;
                    let response = Response::builder().header("content-type", "application/grpc");
                    let response =
                        headers.iter().fold(response, |all, (name, value)| all.header(*name, *value));
                    Ok::<_, Infallible>(response.body(Empty::<Bytes>::new()).unwrap())
                });
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}

/// A status whose details are not base64, and the words by which it is reported.
const BAD_DETAILS: &[(&str, &str)] =
    &[("grpc-status", "7"), ("grpc-message", "no such key"), ("grpc-status-details-bin", "%%%")];

#[tokio::test]
async fn an_export_reports_a_status_whose_details_are_not_base64() {
    let address = backend(BAD_DETAILS).await;
    let tracer = TracerBuilder::new("t").otlp_grpc(format!("http://{address}"));
    let registry = Registry::builder().tracer(tracer).default_tracer("t").build().unwrap();
    registry.default_tracer().in_span("work", || {});
    let error = registry.flush().await.unwrap_err().to_string();
    let stats = registry.stats();
    let stats = stats.tracer("t").unwrap();
    assert_eq!((stats.dropped.export_failed, stats.dropped.panicked), (1, 0), "{stats:?}");
    assert!(error.contains("PERMISSION_DENIED: no such key"), "{error}");
}

#[tokio::test]
async fn a_probe_reports_a_status_whose_details_are_not_base64() {
    let address = backend(BAD_DETAILS).await;
    let yaml = format!("tracers: {{t: {{exporter: {{otlp_grpc: {{endpoint: \"http://{address}\"}}}}}}}}");
    let reports = Config::from_yaml(&yaml).unwrap().probe("t", Duration::from_secs(5)).await;
    let outcome = reports[0].outcome().to_string();
    assert!(outcome.contains("PERMISSION_DENIED: no such key"), "{outcome}");
}
