//! OTLP over HTTP.

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;

use super::encode::Encoder;
use super::redact_errors::ErrorRedactor;
use super::tls::Pem;
use super::{KEEP_ALIVE, KEEP_ALIVE_ANSWER, MAX_ANSWER, chain, response};
use crate::config::model::{Compression, Encoding, OtlpHttpConfig};
use crate::export::connection_pool::ConnectionPool;
use crate::export::exporter::{ExportFuture, Exporter, ExporterError};
use crate::export::outcome::{DropReason, ExportError, ExportSuccess, Retryable};
use crate::export::retry::Retry;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// How long a connection is kept that nothing is sent on.
const IDLE: Duration = Duration::from_secs(90);

/// Requests under way to one host, of all tracers together: a thousand tracers that flush at once do not open a thousand connections.
/// More than one tracer may have, so that none that hangs holds up the others.
const MOST_REQUESTS: usize = 128;

/// Keeps connections by host.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// An exporter for `config`. Call it inside the export runtime.
pub(crate) fn otlp_http(
    config: &OtlpHttpConfig,
    resource: &Resource,
    clients: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    let bad = |_| ExporterError("the endpoint is not a URL".to_owned());
    let endpoint: Uri = config.endpoint.parse().map_err(bad)?;
    let host = format!("{:?} {:?}", endpoint.scheme(), endpoint.authority());
    let turns = |_: &_| Ok::<_, ExporterError>(Semaphore::new(MOST_REQUESTS));
    Ok(Arc::new(OtlpHttp {
        client: clients.http.get(Pem::read(&config.tls)?, client)?,
        turns: clients.turns.get(host, turns)?,
        endpoint,
        headers: headers(config)?,
        encoder: Encoder::new(resource),
        encoding: config.encoding,
        compression: config.compression,
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint),
    }))
}

struct OtlpHttp {
    client: Arc<HttpClient>,
    turns: Arc<Semaphore>,
    endpoint: Uri,
    /// All that are sent: those that describe the body, and the tracer's own.
    headers: HeaderMap,
    encoder: Encoder,
    encoding: Encoding,
    compression: Compression,
    /// Of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpHttp {
    fn export(self: Arc<Self>, batch: Vec<SpanData>, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let body =
                self.body(batch).map_err(|error| ExportError::failed(format!("cannot encode: {error}")))?;
            retry.run(|| self.send(body.clone())).await
        })
    }
}

impl OtlpHttp {
    fn body(&self, batch: Vec<SpanData>) -> std::io::Result<Bytes> {
        let plain = match self.encoding {
            Encoding::Protobuf => self.encoder.protobuf(&batch),
            Encoding::Json => self.encoder.json(batch)?.into(),
        };
        match self.compression {
            Compression::None => Ok(plain),
            Compression::Gzip => {
                let mut gzip = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Level::fast());
                gzip.write_all(&plain)?;
                Ok(gzip.finish()?.into())
            }
        }
    }

    async fn send(&self, body: Bytes) -> Result<ExportSuccess, ExportError> {
        let bytes = body.len();
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        request.headers_mut().clone_from(&self.headers);
        let exchange = async {
            let answer = self.client.request(request).await.map_err(|error| chain(&error))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body = body.map_err(|error| format!("the answer broke off: {}", chain(&*error)))?;
            Ok::<_, String>((parts, body.to_bytes()))
        };
        // no part of the request's time, but of the export's; the semaphore is never closed
        let _turn = self.turns.acquire().await;
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok((parts, body))) => self.answered(&parts, &body, bytes),
            Ok(Err(error)) => Err(ExportError::failed(self.redactor.clean(&error)).retry(Retryable::Backoff)),
            Err(_) => {
                let message = format!("no answer within {:?}", self.timeout);
                Err(ExportError::new(DropReason::Timeout, message).retry(Retryable::Backoff))
            }
        }
    }

    /// By the rules of [OTLP](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response).
    fn answered(&self, parts: &Parts, body: &[u8], bytes: usize) -> Result<ExportSuccess, ExportError> {
        let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        if parts.status.is_success() {
            if content_type.starts_with("text/html") {
                // a portal or a proxy; nobody there takes spans
                return Err(ExportError::failed("a web page was answered; is the endpoint one of OTLP?"));
            }
            let mut delivered = response::delivered_http(content_type.starts_with(JSON), body, bytes);
            delivered.message = delivered.message.map(|message| self.redactor.clean(&message));
            return Ok(delivered);
        }
        let (reason, retry) = match parts.status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => {
                let asked =
                    header(RETRY_AFTER).and_then(|value| response::retry_after(value, SystemTime::now()));
                (DropReason::ExportFailed, asked.map_or(Retryable::Backoff, Retryable::After))
            }
            StatusCode::PAYLOAD_TOO_LARGE => (DropReason::TooLarge, Retryable::Never),
            _ => (DropReason::ExportFailed, Retryable::Never),
        };
        let mut message = format!("the backend answered {}", parts.status);
        let is_text = content_type.starts_with("text/plain") || content_type.starts_with(JSON);
        if is_text && !body.is_empty() {
            message = format!("{message}: {}", self.redactor.clean(&String::from_utf8_lossy(body)));
        }
        Err(ExportError::new(reason, message).retry(retry))
    }
}

fn headers(config: &OtlpHttpConfig) -> Result<HeaderMap, ExporterError> {
    let mut headers = HeaderMap::with_capacity(config.headers.len() + 3);
    headers.insert(USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
    for (name, value) in &config.headers {
        let bad = |what: &str| ExporterError(format!("header `{name}` has {what}"));
        let key: HeaderName = name.parse().map_err(|_| bad("a name that HTTP does not allow"))?;
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|_| bad("a value that HTTP does not allow"))?;
        value.set_sensitive(true);
        if key == USER_AGENT {
            headers.insert(key, value);
        } else {
            headers.append(key, value);
        }
    }
    let content_type = match config.encoding {
        Encoding::Protobuf => PROTOBUF,
        Encoding::Json => JSON,
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if config.compression == Compression::Gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(headers)
}

/// Follows no redirect: that would carry a tracer's credentials to another host.
fn client(pem: &Pem) -> Result<HttpClient, ExporterError> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(client_config(pem)?)
        .https_or_http()
        .enable_all_versions()
        .build();
    Ok(Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        // else a connection whose other end is gone would take requests, and time them out, for as long as TCP tries
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE_ANSWER)
        .build(connector))
}

fn client_config(pem: &Pem) -> Result<ClientConfig, ExporterError> {
    let bad = |what: &str, error: &dyn fmt::Display| ExporterError(format!("tls.{what}: {error}"));
    let mut roots = RootCertStore::empty();
    match &pem.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(ca) => {
            for certificate in CertificateDer::pem_slice_iter(ca) {
                let certificate = certificate.map_err(|error| bad("ca_file", &error))?;
                roots.add(certificate).map_err(|error| bad("ca_file", &error))?;
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ExporterError(error.to_string()))?
        .with_root_certificates(roots);
    let Some((cert, key)) = &pem.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_slice_iter(cert)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad("cert_file", &error))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| bad("key_file", &error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| bad("cert_file", &error))
}
