//! The exporter for OTLP over gRPC.

mod request;
mod wire;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};
use opentelemetry_sdk::Resource;
use tonic::Code;

use self::wire::{grpc_frame, grpc_message, insert_timeout};
use super::connection::{Answer, Cut, Link, Post, Protocol, SendError};
use super::connection_pool::ConnectionPool;
use super::redact_errors::ErrorRedactor;
use super::response::{export_success, grpc_http_refusal, grpc_refusal, grpc_status};
use super::sizing::{self, SizeLimit, Wire};
use super::transport::USER_AGENT;
use crate::config::model::OtlpGrpcConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Pause, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess, Retryable};

pub(crate) use self::request::GrpcRequest;
#[cfg(feature = "probe")]
pub(crate) use self::wire::grpc_body;
pub(crate) use self::wire::{export_url, grpc_headers, grpc_response};

/// Builds an exporter. Call it inside the export runtime.
pub(crate) fn otlp_grpc(
    config: &OtlpGrpcConfig,
    resource: &Resource,
    pool: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let request = GrpcRequest::new(config, resource)?;
    let url = export_url(&config.endpoint)?;
    let mut headers = grpc_headers(&request, USER_AGENT);
    insert_timeout(&mut headers, config.timeout);
    Ok(Arc::new(OtlpGrpc {
        link: pool.link(Protocol::Grpc, &url, &config.tls)?,
        request,
        size_limit: SizeLimit::default(),
        url,
        headers,
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint, resource),
    }))
}

struct OtlpGrpc {
    link: Link,
    request: GrpcRequest,
    size_limit: SizeLimit,
    url: Uri,
    /// All headers: those of the configuration and those of gRPC.
    headers: HeaderMap,
    /// Time limit of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpGrpc {
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let (spans, message) = (batch.len(), self.request.message(&batch));
            drop(batch);
            sizing::export(&*self, &self.size_limit, message, spans, retry).await
        })
    }
}

impl Wire for OtlpGrpc {
    fn is_reversible(&self) -> bool {
        true
    }

    fn body(&self, plain: Bytes) -> io::Result<Bytes> {
        grpc_frame(&self.request, plain)
    }

    fn plain(&self, body: Bytes) -> io::Result<Bytes> {
        grpc_message(&self.request, body)
    }

    async fn send(&self, body: Bytes, pause: &Pause, time_left: Option<Duration>) -> ExportOutcome {
        let bytes = body.len();
        let post = Post { url: &self.url, headers: &self.headers, body };
        let timeout = time_left.map_or(self.timeout, |left| self.timeout.min(left));
        match self.link.send(post, self.timeout, time_left, pause).await {
            Ok(answer) => self.outcome(answer, bytes, timeout),
            Err(error) => Err(error.into_export_error(timeout, &self.redactor)),
        }
    }

    async fn reachable(&self) {
        self.link.reachable(&self.url).await;
    }
}

impl OtlpGrpc {
    /// Returns the outcome of a request with a body of `bytes` bytes, which had `timeout`.
    fn outcome(&self, answer: Answer, bytes: usize, timeout: Duration) -> ExportOutcome {
        let headers = &answer.parts.headers;
        match grpc_status(&answer.trailers, headers) {
            Some(status) if status.code() == Code::Ok => match grpc_response(&answer.body) {
                Some(response) => Ok(ExportSuccess { bytes, ..export_success(response, &self.redactor) }),
                None => Ok(answer.taken(bytes, &self.redactor)),
            },
            Some(status) => Err(grpc_refusal(&status, &self.redactor).into_export_error("")),
            None if answer.parts.status != StatusCode::OK => {
                Err(grpc_http_refusal(answer.parts.status).into_export_error(""))
            }
            None => match answer.cut {
                // only a call that succeeds has a message
                Some(Cut::TooLarge) => Ok(answer.taken(bytes, &self.redactor)),
                Some(Cut::TimedOut | Cut::Refused) => {
                    Err(SendError::TimedOut.into_export_error(timeout, &self.redactor))
                }
                Some(Cut::Broken(cause)) => {
                    let cause = format!("the response broke off: {cause}");
                    Err(SendError::Broken(cause).into_export_error(timeout, &self.redactor))
                }
                None => {
                    let error = ExportError::failed("the response has no gRPC status");
                    Err(if is_grpc(headers) { error.retry(Retryable::Backoff) } else { error })
                }
            },
        }
    }
}

/// Returns `true` if a response is from a gRPC server. A proxy may have cut off its trailers.
fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}
