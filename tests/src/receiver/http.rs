//! OTLP over HTTP: protobuf and JSON, plain and gzip.

use std::io::Read as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::net::TcpListener;

use super::{Shared, joined, json};
use crate::model::{Protocol, ReceivedRequest};

const MAX_BODY: usize = 64 * 1024 * 1024;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let counted = Arc::clone(&shared);
    let listener = listener.tap_io(move |_| counted.connected());
    let app = Router::new()
        .route("/v1/traces", post(take))
        .route("/{*path}", post(take))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared);
    // ends with the task
    let _ = axum::serve(listener, app).await;
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let content_type = header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_json = content_type.starts_with("application/json");
    let mut request = ReceivedRequest {
        protocol: if is_json { Protocol::HttpJson } else { Protocol::HttpProtobuf },
        path: uri.path().to_owned(),
        headers: joined(&headers),
        spans: 0,
        status: 200,
    };
    if let Err(refusal) = shared.meet(header).await {
        request.status = refusal.status;
        shared.note(request, None);
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = shared.behaviour.message.clone().unwrap_or_default();
        return match refusal.retry_after {
            Some(seconds) => (status, [(RETRY_AFTER, seconds.to_string())], message).into_response(),
            None => (status, message).into_response(),
        };
    }
    match decode(&uri, &content_type, header(CONTENT_ENCODING.as_str()).as_deref(), &body) {
        Ok(message) => {
            shared.note(request, Some(message));
            let answer = shared.answer();
            let body = if is_json { json::answer(&answer) } else { answer.encode_to_vec() };
            ([(CONTENT_TYPE, content_type)], body).into_response()
        }
        Err((status, why)) => {
            request.status = status.as_u16();
            shared.note(request, None);
            (status, why).into_response()
        }
    }
}

fn decode(
    uri: &Uri,
    content_type: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<ExportTraceServiceRequest, (StatusCode, String)> {
    let bad = |why: String| (StatusCode::BAD_REQUEST, why);
    if !uri.path().ends_with("/v1/traces") {
        return Err((StatusCode::NOT_FOUND, "not a /v1/traces path".to_owned()));
    }
    let plain = match encoding {
        None | Some("identity") => body.to_vec(),
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(body)
                .take(MAX_BODY as u64)
                .read_to_end(&mut plain)
                .map_err(|error| bad(error.to_string()))?;
            plain
        }
        Some(other) => return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("content-encoding {other}"))),
    };
    match content_type.split(';').next().map(str::trim) {
        Some("application/x-protobuf") => {
            ExportTraceServiceRequest::decode(&*plain).map_err(|error| bad(error.to_string()))
        }
        Some("application/json") => json::parse(&plain).map_err(bad),
        _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("content-type {content_type:?}"))),
    }
}
