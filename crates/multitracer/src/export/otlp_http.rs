//! OTLP over HTTP: OpenTelemetry's exporter over an HTTP client of our own.
//!
//! The exporter merges `OTEL_EXPORTER_OTLP_HEADERS` into every request and lets it win. So credentials are
//! not given to the exporter at all: the client drops what the exporter put in, and sets the tracer's own.

use std::fmt;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use prost::Message as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::exporter::{Delivered, ExportFuture, Exporter, ExporterError};
use super::tls::Pem;
use crate::config::model::{Compression, Encoding, OtlpHttpConfig, TlsConfig};

/// Answers of a backend are short; more than this is not one.
const MAX_RESPONSE: usize = 4 * 1024 * 1024;

/// How long a connection is kept that nothing is sent on.
const IDLE: Duration = Duration::from_secs(90);

/// An exporter for `config`. Call it inside the export runtime.
pub(crate) fn otlp_http(
    config: &OtlpHttpConfig,
    resource: &Resource,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    let client = Arc::new(TracerClient::new(config)?);
    let protocol = match config.encoding {
        Encoding::Protobuf => Protocol::HttpBinary,
        Encoding::Json => Protocol::HttpJson,
    };
    let mut builder = SpanExporter::builder()
        .with_http()
        .with_protocol(protocol)
        .with_endpoint(&config.endpoint)
        .with_timeout(config.timeout)
        .with_shared_http_client(Arc::clone(&client) as Arc<dyn HttpClient>);
    if config.compression == Compression::Gzip {
        builder = builder.with_compression(opentelemetry_otlp::Compression::Gzip);
    }
    let mut exporter = builder.build().map_err(|error| ExporterError(error.to_string()))?;
    exporter.set_resource(resource);
    Ok(Arc::new(OtlpHttp { exporter, client }))
}

struct OtlpHttp {
    exporter: SpanExporter,
    client: Arc<TracerClient>,
}

impl Exporter for OtlpHttp {
    fn export(self: Arc<Self>, batch: Vec<SpanData>) -> ExportFuture {
        Box::pin(async move {
            match self.exporter.export(batch).await {
                // exports of one tracer come one after another, so the count is this one's
                Ok(()) => Ok(Delivered { rejected: self.client.rejected.swap(0, Ordering::Relaxed) }),
                Err(error) => Err(ExporterError(self.client.explain(&error.to_string()))),
            }
        })
    }

    fn shutdown(&self, timeout: Duration) -> Result<(), String> {
        self.exporter.shutdown_with_timeout(timeout).map_err(|error| error.to_string())
    }
}

/// Sends one tracer's requests, with that tracer's credentials and nothing else.
struct TracerClient {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    headers: HeaderMap,
    compression: Compression,
    encoding: Encoding,
    timeout: Duration,
    rejected: AtomicUsize,
    /// Why the last request got no answer; the exporter keeps no more than "network error".
    failure: std::sync::Mutex<Option<String>>,
}

impl TracerClient {
    fn new(config: &OtlpHttpConfig) -> Result<Self, ExporterError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(client_config(&config.tls)?)
            .https_or_http()
            .enable_all_versions()
            .build();
        // follows no redirect: that would carry the tracer's credentials to another host
        let http = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Self {
            http,
            headers: headers(config)?,
            compression: config.compression,
            encoding: config.encoding,
            timeout: config.timeout,
            rejected: AtomicUsize::new(0),
            failure: std::sync::Mutex::default(),
        })
    }

    /// The tracer's headers, over those few of `from` that describe the body.
    fn headers_over(&self, from: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 3);
        for name in [CONTENT_TYPE, CONTENT_ENCODING, USER_AGENT] {
            if let Some(value) = from.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.extend(self.headers.clone());
        headers
    }

    fn note_rejected(&self, body: &[u8]) {
        let rejected = match self.encoding {
            Encoding::Protobuf => ExportTraceServiceResponse::decode(body).ok(),
            Encoding::Json => serde_json::from_slice(body).ok(),
        }
        .and_then(|response: ExportTraceServiceResponse| response.partial_success)
        .map_or(0, |partial| partial.rejected_spans);
        self.rejected.store(usize::try_from(rejected).unwrap_or(0), Ordering::Relaxed);
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn explain(&self, error: &str) -> String {
        match self.failure().take() {
            Some(failure) => failure,
            None => error.to_owned(),
        }
    }
}

#[async_trait]
impl HttpClient for TracerClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, mut body) = request.into_parts();
        let mut headers = self.headers_over(&parts.headers);
        if self.compression == Compression::None && headers.remove(CONTENT_ENCODING).is_some() {
            // OTEL_EXPORTER_OTLP_COMPRESSION is set, which the exporter obeys for want of a way to say "none"
            body = gunzip(&body)?;
        }
        *self.failure() = None;
        let mut request = Request::post(parts.uri).body(Full::new(body))?;
        *request.headers_mut() = headers;
        let exchange = async {
            let (parts, body) = self.http.request(request).await?.into_parts();
            let bytes = Limited::new(body, MAX_RESPONSE).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(parts, bytes))
        };
        let answer = match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                *self.failure() = Some(chain(&*error));
                return Err("no answer".into());
            }
            Err(_) => {
                *self.failure() = Some(format!("no answer within {:?}", self.timeout));
                return Err("no answer".into());
            }
        };
        self.note_rejected(answer.body());
        Ok(answer)
    }
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn gunzip(body: &[u8]) -> Result<Bytes, HttpError> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut plain)?;
    Ok(plain.into())
}

fn headers(config: &OtlpHttpConfig) -> Result<HeaderMap, ExporterError> {
    let mut headers = HeaderMap::with_capacity(config.headers.len());
    for (name, value) in &config.headers {
        let bad = |what: &str| ExporterError(format!("header `{name}` has {what}"));
        let key: HeaderName = name.parse().map_err(|_| bad("a name that HTTP does not allow"))?;
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|_| bad("a value that HTTP does not allow"))?;
        value.set_sensitive(true);
        headers.append(key, value);
    }
    Ok(headers)
}

fn client_config(tls: &TlsConfig) -> Result<ClientConfig, ExporterError> {
    let bad = |what: &str, error: &dyn fmt::Display| ExporterError(format!("tls.{what}: {error}"));
    let pem = Pem::read(tls)?;
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

impl fmt::Debug for TracerClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerClient").finish_non_exhaustive()
    }
}
