//! The request and the response over gRPC as bytes.

use std::io;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use tonic::Request;

use super::request::{EXPORT_PATH, GrpcRequest};
use crate::config::model::Compression;
#[cfg(feature = "probe")]
use crate::export::batch::Batch;
use crate::export::exporter::ExporterBuildError;
use crate::export::otlp::encode::{gunzip, gzip};

/// Size of the frame in front of a gRPC message: a flag for compression and the length.
const GRPC_FRAME_BYTES: usize = 5;

/// Returns the URL of the export method at an endpoint.
pub(crate) fn export_url(endpoint: &str) -> Result<Uri, ExporterBuildError> {
    let bad_url = || ExporterBuildError("the endpoint is not a URL".to_owned());
    let mut parts = endpoint.parse::<Uri>().map_err(|_| bad_url())?.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static(EXPORT_PATH));
    Uri::from_parts(parts).map_err(|_| bad_url())
}

/// Adds the header that tells the backend the time limit of a request.
pub(super) fn insert_timeout(headers: &mut HeaderMap, timeout: Duration) {
    let mut request = Request::new(());
    request.set_timeout(timeout);
    headers.extend(request.into_parts().0.into_headers());
}

/// Returns all headers of a request. A `user-agent` header of the configuration wins over
/// `user_agent`.
pub(crate) fn grpc_headers(request: &GrpcRequest, user_agent: &'static str) -> HeaderMap {
    let mut headers = request.metadata.clone().into_headers();
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(user_agent));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if request.compression == Compression::Gzip {
        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    }
    headers
}

/// Returns the body for a batch: the frame and the message, encoded and compressed.
#[cfg(feature = "probe")]
pub(crate) fn grpc_body(request: &GrpcRequest, batch: &Batch) -> io::Result<Bytes> {
    grpc_frame(request, request.message(batch))
}

/// Returns the body for an encoded message: the frame and the message, compressed.
pub(super) fn grpc_frame(request: &GrpcRequest, message: Bytes) -> io::Result<Bytes> {
    let (flag, message) = match request.compression {
        Compression::None => (0, message),
        Compression::Gzip => (1, gzip(&message)?.into()),
    };
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let mut body = Vec::with_capacity(GRPC_FRAME_BYTES + message.len());
    body.push(flag);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(&message);
    Ok(body.into())
}

/// Returns the encoded message in a body of [`grpc_frame`].
pub(super) fn grpc_message(request: &GrpcRequest, mut body: Bytes) -> io::Result<Bytes> {
    body.advance(GRPC_FRAME_BYTES.min(body.len()));
    match request.compression {
        Compression::None => Ok(body),
        Compression::Gzip => Ok(gunzip(&body)?.into()),
    }
}

/// Returns the message in the body of a response, or `None` if it is unreadable.
pub(crate) fn grpc_response(body: &[u8]) -> Option<ExportTraceServiceResponse> {
    // the headers ask for no compression, so the message after the frame is uncompressed
    ExportTraceServiceResponse::decode(body.get(GRPC_FRAME_BYTES..)?).ok()
}
