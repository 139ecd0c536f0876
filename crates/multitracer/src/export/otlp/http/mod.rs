//! The exporter for OTLP over HTTP.

mod request;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use opentelemetry_sdk::Resource;
use tokio::sync::Semaphore;

use super::connection::{Answer, Link, Protocol};
use super::connection_pool::ConnectionPool;
use super::redact_errors::ErrorRedactor;
use super::response::HttpResponse;
use super::sizing::{self, SizeLimit, Wire};
use super::transport::USER_AGENT;
use crate::config::model::{Encoding, OtlpHttpConfig};
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess};

pub(crate) use self::request::HttpRequest;

/// Maximum number of concurrent requests to one host, over all tracers.
///
/// A thousand tracers that flush at once therefore do not open a thousand connections. The limit is
/// above the one of a single tracer, so that a hanging tracer does not block the others.
const MAX_REQUESTS_PER_HOST: usize = 128;

/// Builds an exporter. Call it inside the export runtime.
pub(crate) fn otlp_http(
    config: &OtlpHttpConfig,
    resource: &Resource,
    pool: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let request = HttpRequest::new(config, resource, USER_AGENT)?;
    let host = format!("{:?} {:?}", request.url.scheme(), request.url.authority());
    let permits = |_: &_| Ok::<_, ExporterBuildError>(Semaphore::new(MAX_REQUESTS_PER_HOST));
    Ok(Arc::new(OtlpHttp {
        link: pool.link(Protocol::Http, &request.url, &config.tls)?,
        permits: pool.http_permits.get(host, permits)?,
        request,
        size_limit: SizeLimit::default(),
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint, resource),
    }))
}

struct OtlpHttp {
    link: Link,
    permits: Arc<Semaphore>,
    request: HttpRequest,
    size_limit: SizeLimit,
    /// Time limit of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpHttp {
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let spans = batch.len();
            let plain = self.request.encode(batch);
            let plain = plain.map_err(|error| ExportError::failed(format!("cannot encode: {error}")))?;
            sizing::export(&*self, &self.size_limit, plain, spans, retry).await
        })
    }
}

impl Wire for OtlpHttp {
    fn encoding(&self) -> Encoding {
        self.request.encoding()
    }

    fn body(&self, plain: Bytes) -> io::Result<Bytes> {
        self.request.compress(plain)
    }

    fn plain(&self, body: Bytes) -> io::Result<Bytes> {
        self.request.decompress(body)
    }

    async fn send(&self, body: Bytes) -> ExportOutcome {
        let bytes = body.len();
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.request.url.clone();
        request.headers_mut().clone_from(&self.request.headers);
        // the wait for a permit counts toward the export's time limit, not the attempt's; the
        // semaphore is never closed
        let _permit = self.permits.acquire().await;
        match self.link.send(request, self.timeout).await {
            Ok(answer) => self.outcome(&answer, bytes),
            Err(error) => Err(error.into_export_error(self.timeout, &self.redactor)),
        }
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
