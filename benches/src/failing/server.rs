//! A server for OTLP over HTTP and gRPC that remembers the ids of its spans.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;

use crate::counting::fields;

/// The limit of a body in bytes.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Bytes in front of a gRPC message: one for its compression, four for its length.
const FRAME_HEADER: usize = 5;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");

/// A server for both protocols.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    ids: HashSet<Vec<u8>>,
    repeated: u64,
    /// `true` if every request is refused.
    is_refusing: bool,
    /// The moment of the return, until a span arrives.
    returned: Option<Instant>,
    /// Milliseconds from the return to the first span after it.
    first_after: Option<u128>,
}

impl Server {
    /// Starts a server on a free port.
    pub(super) async fn start() -> io::Result<Self> {
        let shared = Arc::<Mutex<Shared>>::default();
        let grpc = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        let app = Router::new()
            .route("/v1/traces", post(over_http))
            .route(grpc, post(over_grpc))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async { axum::serve(listener, app).await });
        Ok(Self { address, shared })
    }

    /// Refuses every request from now on, or none.
    pub(super) fn refuse(&self, is_refusing: bool) {
        lock(&self.shared).is_refusing = is_refusing;
    }

    /// Measures the time until the next new span.
    pub(super) fn expect_first(&self) {
        lock(&self.shared).returned = Some(Instant::now());
    }

    /// Returns the number of spans, of repeated spans, and the time to the first span, as text.
    pub(super) fn counts(&self) -> String {
        let shared = lock(&self.shared);
        let first_after = shared.first_after.map_or_else(String::new, |time| time.to_string());
        format!("{} {} {first_after}", shared.ids.len(), shared.repeated)
    }
}

impl Shared {
    /// Keeps the ids of the spans in an `ExportTraceServiceRequest`. Returns `false` if the request
    /// is refused.
    ///
    /// `resource_spans` is field 1, `scope_spans` is field 2, `spans` is field 2, `span_id` is
    /// field 2.
    fn take(&mut self, request: &[u8]) -> bool {
        if self.is_refusing {
            return false;
        }
        let scopes = fields(request, 1).flat_map(|resource| fields(resource, 2));
        let before = self.ids.len();
        for span in scopes.flat_map(|scope| fields(scope, 2)) {
            let id = fields(span, 2).next().unwrap_or_default();
            if !self.ids.insert(id.to_vec()) {
                self.repeated += 1;
            }
        }
        if self.ids.len() > before
            && let Some(returned) = self.returned.take()
        {
            self.first_after = Some(returned.elapsed().as_millis());
        }
        true
    }
}

async fn over_http(State(shared): State<Arc<Mutex<Shared>>>, body: Bytes) -> Response {
    if !lock(&shared).take(&body) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    ([(CONTENT_TYPE, "application/x-protobuf")], Bytes::new()).into_response()
}

async fn over_grpc(State(shared): State<Arc<Mutex<Shared>>>, body: Bytes) -> Response {
    let message = body.get(FRAME_HEADER..).unwrap_or_default();
    if !lock(&shared).take(message) {
        // UNAVAILABLE
        return ([(CONTENT_TYPE, GRPC_CONTENT_TYPE), (GRPC_STATUS, HeaderValue::from_static("14"))], "")
            .into_response();
    }
    let trailers = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("0"))]);
    let empty_message = Full::new(Bytes::from_static(&[0; FRAME_HEADER]));
    let body = Body::new(empty_message.with_trailers(async { Some(Ok(trailers)) }));
    ([(CONTENT_TYPE, GRPC_CONTENT_TYPE)], body).into_response()
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
