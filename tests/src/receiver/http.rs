//! The HTTP server: protobuf and JSON, plain and gzip.

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

use super::{Shared, join_headers, json};
use crate::model::{Protocol, ReceivedRequest};

/// The limit of a body in bytes, compressed and decompressed.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let counted = Arc::clone(&shared);
    let listener = listener.tap_io(move |_| counted.connected());
    let app = Router::new()
        .route("/v1/traces", post(export))
        .route("/{*path}", post(export))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared);
    // the server runs until its task is aborted
    let _ = axum::serve(listener, app).await;
}

async fn export(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let content_type = header(CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_json = content_type.starts_with("application/json");
    let mut request = ReceivedRequest {
        protocol: if is_json { Protocol::HttpJson } else { Protocol::HttpProtobuf },
        path: uri.path().to_owned(),
        headers: join_headers(&headers),
        spans: 0,
        status: 200,
    };
    if let Err(refusal) = shared.admit(header).await {
        request.status = refusal.status;
        shared.record_request(request, None);
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let message = shared.behaviour.message.clone().unwrap_or_default();
        return match refusal.retry_after {
            Some(seconds) => (status, [(RETRY_AFTER, seconds.to_string())], message).into_response(),
            None => (status, message).into_response(),
        };
    }
    if shared.behaviour.max_body.is_some_and(|max| body.len() > max) {
        request.status = 413;
        shared.record_request(request, None);
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    match decode(&uri, &content_type, header(CONTENT_ENCODING.as_str()).as_deref(), &body) {
        Ok(message) => {
            shared.record_request(request, Some(message));
            let response = shared.response();
            let body = if is_json { json::encode(&response) } else { response.encode_to_vec() };
            ([(CONTENT_TYPE, content_type)], body).into_response()
        }
        Err((status, message)) => {
            request.status = status.as_u16();
            shared.record_request(request, None);
            (status, message).into_response()
        }
    }
}

fn decode(
    uri: &Uri,
    content_type: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<ExportTraceServiceRequest, (StatusCode, String)> {
    if !uri.path().ends_with("/v1/traces") {
        return Err((StatusCode::NOT_FOUND, "not a /v1/traces path".to_owned()));
    }
    decode_body(content_type, encoding, body)
}

/// Decodes a body by its headers `content-type` and `content-encoding`.
pub(super) fn decode_body(
    content_type: &str,
    encoding: Option<&str>,
    body: &[u8],
) -> Result<ExportTraceServiceRequest, (StatusCode, String)> {
    let bad_request = |message: String| (StatusCode::BAD_REQUEST, message);
    let decoded = match encoding {
        None | Some("identity") => body.to_vec(),
        Some("gzip") => {
            let mut decoded = Vec::new();
            flate2::read::GzDecoder::new(body)
                .take(MAX_BODY as u64)
                .read_to_end(&mut decoded)
                .map_err(|error| bad_request(error.to_string()))?;
            decoded
        }
        Some(other) => return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("content-encoding {other}"))),
    };
    match content_type.split(';').next().map(str::trim) {
        Some("application/x-protobuf") => {
            ExportTraceServiceRequest::decode(&*decoded).map_err(|error| bad_request(error.to_string()))
        }
        Some("application/json") => json::parse(&decoded).map_err(bad_request),
        _ => Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("content-type {content_type:?}"))),
    }
}
