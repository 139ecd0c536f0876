//! The exporter for OTLP over HTTP.

mod request;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_sdk::Resource;

use super::connection::{Answer, Link, Post, Protocol};
use super::connection_pool::ConnectionPool;
use super::redact_errors::ErrorRedactor;
use super::response::HttpResponse;
use super::sizing::{self, SizeLimit, Wire};
use super::transport::USER_AGENT;
use crate::config::model::{Encoding, OtlpHttpConfig};
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Pause, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess};

pub(crate) use self::request::HttpRequest;

/// Builds an exporter. Call it inside the export runtime.
pub(crate) fn otlp_http(
    config: &OtlpHttpConfig,
    resource: &Resource,
    pool: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let request = HttpRequest::new(config, resource, USER_AGENT)?;
    Ok(Arc::new(OtlpHttp {
        link: pool.link(Protocol::Http, &request.url, &config.tls)?,
        request,
        size_limit: SizeLimit::default(),
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint, resource),
    }))
}

struct OtlpHttp {
    link: Link,
    request: HttpRequest,
    size_limit: SizeLimit,
    /// Time limit of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpHttp {
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let (spans, plain) = (batch.len(), self.request.encode(&batch));
            drop(batch);
            sizing::export(&*self, &self.size_limit, plain, spans, retry).await
        })
    }
}

impl Wire for OtlpHttp {
    fn is_reversible(&self) -> bool {
        // JSON has names for some numbers, and other digits
        self.request.encoding() == Encoding::Protobuf
    }

    fn body(&self, plain: Bytes) -> io::Result<Bytes> {
        self.request.wrap(plain)
    }

    fn plain(&self, body: Bytes) -> io::Result<Bytes> {
        self.request.decompress(body)
    }

    async fn send(&self, body: Bytes, pause: &Pause, time_left: Option<Duration>) -> ExportOutcome {
        let bytes = body.len();
        let post = Post { url: &self.request.url, headers: &self.request.headers, body };
        let timeout = time_left.map_or(self.timeout, |left| self.timeout.min(left));
        match self.link.send(post, self.timeout, time_left, pause).await {
            Ok(answer) => self.outcome(&answer, bytes),
            Err(error) => Err(error.into_export_error(timeout, &self.redactor)),
        }
    }

    async fn reachable(&self) {
        self.link.reachable(&self.request.url).await;
    }
}

impl OtlpHttp {
    /// Returns the outcome of a request with a body of `bytes` bytes.
    fn outcome(&self, answer: &Answer, bytes: usize) -> ExportOutcome {
        match HttpResponse::read(&answer.parts, &answer.body, &self.redactor) {
            // a portal or a proxy, which accepts no spans
            HttpResponse::WebPage => {
                Err(ExportError::failed("the response is a web page; is the endpoint an OTLP endpoint?"))
            }
            HttpResponse::Refused(refusal) => Err(refusal.into_export_error("the backend responded with ")),
            // the status promises that the spans were accepted, whatever the body is
            HttpResponse::Accepted(_) | HttpResponse::Unreadable if answer.cut.is_some() => {
                Ok(answer.taken(bytes, &self.redactor))
            }
            HttpResponse::Accepted(success) => Ok(ExportSuccess { bytes, ..success }),
            HttpResponse::Unreadable => Ok(answer.taken(bytes, &self.redactor)),
        }
    }
}
