//! The request of a probe: the test span, encoded as the tracer would encode it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderMap, Uri};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

use crate::config::model::{ExporterConfig, OtlpGrpcConfig, OtlpHttpConfig, TlsConfig, TracerConfig};
use crate::config::{Secret, secret};
use crate::export::Batch;
use crate::export::client::{
    ErrorRedactor, GRPC_ALPN, GrpcRequest, HTTP_ALPN, HttpRequest, Pem, client_config, export_url, grpc_body,
    grpc_headers,
};
use crate::registry::resource;

/// The `user-agent` header of the probe.
const PROBE_USER_AGENT: &str = concat!("multitracer-ping/", env!("CARGO_PKG_VERSION"));

/// A backend that speaks OTLP.
#[derive(Clone, Copy)]
pub(super) enum Target<'c> {
    Http(&'c OtlpHttpConfig),
    Grpc(&'c OtlpGrpcConfig),
}

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Grpc,
}

/// A request with the test span, and the settings to send it.
pub(super) struct ProbeRequest {
    pub(super) protocol: Protocol,
    pub(super) url: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// TLS settings; `None` for a plain connection.
    pub(super) tls: Option<Arc<rustls::ClientConfig>>,
    pub(super) redactor: ErrorRedactor,
}

impl<'c> Target<'c> {
    /// Returns the backend of an exporter; `None` for a file and the console.
    pub(super) fn of(exporter: &'c ExporterConfig) -> Option<Self> {
        match exporter {
            ExporterConfig::OtlpHttp(otlp) => Some(Self::Http(otlp)),
            ExporterConfig::OtlpGrpc(otlp) => Some(Self::Grpc(otlp)),
            ExporterConfig::File(_) | ExporterConfig::Console => None,
        }
    }

    pub(super) fn endpoint(self) -> &'c str {
        match self {
            Self::Http(otlp) => &otlp.endpoint,
            Self::Grpc(otlp) => &otlp.endpoint,
        }
    }

    fn headers(self) -> &'c [(String, Secret)] {
        match self {
            Self::Http(otlp) => &otlp.headers,
            Self::Grpc(otlp) => &otlp.headers,
        }
    }

    fn tls(self) -> &'c TlsConfig {
        match self {
            Self::Http(otlp) => &otlp.tls,
            Self::Grpc(otlp) => &otlp.tls,
        }
    }

    fn protocol(self) -> Protocol {
        match self {
            Self::Http(_) => Protocol::Http,
            Self::Grpc(_) => Protocol::Grpc,
        }
    }
}

impl ProbeRequest {
    /// Builds the request of a tracer to one of its backends.
    ///
    /// An error describes a setting that cannot work. It holds no credential.
    pub(super) fn new(tracer: &TracerConfig, target: Target<'_>) -> Result<Self, String> {
        let resource = resource(tracer, None);
        let redactor = ErrorRedactor::new(target.headers(), target.endpoint(), &resource);
        match Self::build(tracer, target, &resource) {
            Ok(Parts { url, headers, body }) => {
                let tls = tls(&url, target).map_err(|error| redactor.clean(&error))?;
                Ok(Self { protocol: target.protocol(), url, headers, body, tls, redactor })
            }
            Err(error) => Err(redactor.clean(&error)),
        }
    }

    fn build(tracer: &TracerConfig, target: Target<'_>, resource: &Resource) -> Result<Parts, String> {
        if secret::has_userinfo(target.endpoint()) {
            let error =
                "the endpoint has a user name in it; send credentials as a header (`authorization`) instead";
            return Err(error.to_owned());
        }
        let span = Batch::from_iter([test_span(&tracer.name)]);
        match target {
            Target::Http(otlp) => {
                let request = HttpRequest::new(otlp, resource, PROBE_USER_AGENT);
                let request = request.map_err(|error| error.to_string())?;
                let body = request.body(&span).map_err(|error| format!("cannot encode: {error}"))?;
                Ok(Parts { url: request.url, headers: request.headers, body })
            }
            Target::Grpc(otlp) => {
                let request = GrpcRequest::new(otlp, resource).map_err(|error| error.to_string())?;
                let body = grpc_body(&request, &span).map_err(|error| format!("cannot encode: {error}"))?;
                let url = export_url(&otlp.endpoint).map_err(|error| error.to_string())?;
                Ok(Parts { url, headers: grpc_headers(&request, PROBE_USER_AGENT), body })
            }
        }
    }
}

/// The parts of a request on the wire.
struct Parts {
    url: Uri,
    headers: HeaderMap,
    body: Bytes,
}

fn tls(url: &Uri, target: Target<'_>) -> Result<Option<Arc<rustls::ClientConfig>>, String> {
    if url.scheme() != Some(&Scheme::HTTPS) {
        return Ok(None);
    }
    let config = Pem::read(target.tls()).and_then(|pem| client_config(&pem));
    let mut config = config.map_err(|error| error.to_string())?;
    let protocols = match target {
        Target::Http(_) => HTTP_ALPN,
        Target::Grpc(_) => GRPC_ALPN,
    };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Some(Arc::new(config)))
}

/// Returns the test span of a tracer, in a trace of its own.
fn test_span(tracer: &str) -> SpanData {
    let ids = RandomIdGenerator::default();
    let now = SystemTime::now();
    SpanData {
        span_context: SpanContext::new(
            ids.new_trace_id(),
            ids.new_span_id(),
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "multitracer.ping".into(),
        start_time: now,
        end_time: now + Duration::from_nanos(1),
        attributes: vec![KeyValue::new("multitracer.tracer", tracer.to_owned())],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("multitracer")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    }
}
