//! The HTTP server: axum over hyper, which speaks HTTP/1.1 and HTTP/2 on each port.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Router, http::HeaderName};
use futures_util::{StreamExt as _, stream};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use multitracer::http::HttpLayer;
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::functions::{explode, hang, step};
use super::middleware::{Orders, inside};
use super::work::{Tools, work};

use super::jobs::End;

/// The parts of a streaming response.
pub(crate) const PARTS: usize = 3;

async fn handler(State(tools): State<Arc<Tools>>, Extension(orders): Extension<Orders>) -> Body {
    let Orders { tag, work: bits, end } = orders;
    work(&tools, &tag, bits).await;
    match end {
        End::Whole | End::PanicUncaught => Body::from("whole"),
        End::Stream | End::StreamDropped => {
            let parts = stream::iter(0..PARTS).then(move |_| {
                let tag = tag.clone();
                async move {
                    step(tag).await;
                    Ok::<_, Infallible>(Bytes::from_static(b"part"))
                }
            });
            Body::from_stream(parts)
        }
        End::Panic => {
            explode(tag).await;
            pending().await
        }
        End::Hang | End::Timeout => {
            hang(tag).await;
            pending().await
        }
    }
}

/// Returns the application behind `layer`.
fn app(tools: &Arc<Tools>, layer: HttpLayer) -> Router {
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(10));
    Router::new()
        .route("/slow/{id}", get(handler))
        .route("/healthz/slow/{id}", get(handler))
        .layer(timeout)
        .route("/work/{id}", get(handler))
        .route("/healthz/{id}", get(handler))
        .layer(CatchPanicLayer::new())
        .layer(inside(tools))
        .layer(layer.with_matched_path().response_header(HeaderName::from_static("x-tracer")))
        .with_state(Arc::clone(tools))
}

/// Serves the application behind `layer` until the runtime ends, and returns its address.
pub(crate) async fn serve(tools: &Arc<Tools>, layer: HttpLayer) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app(tools, layer.exclude(["/healthz/*"]));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(app.clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                // a client that disconnects is no failure of the test
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}
