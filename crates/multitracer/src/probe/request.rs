//! The test span, as a request.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flate2::Compression as Level;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use prost::Message as _;

use crate::config::Secret;
use crate::config::model::{Compression, Encoding, ExporterConfig, TracerConfig};
use crate::registry::resource;

/// What is sent.
pub(super) struct Message {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Message {
    pub(super) fn new(config: &TracerConfig) -> Result<Self, String> {
        let spans = request(config);
        match config.exporters.first() {
            ExporterConfig::OtlpHttp(otlp) => {
                let (body, kind) = match otlp.encoding {
                    Encoding::Protobuf => (spans.encode_to_vec(), "application/x-protobuf"),
                    Encoding::Json => {
                        (serde_json::to_vec(&spans).map_err(|error| error.to_string())?, "application/json")
                    }
                };
                let mut headers = headers(&otlp.headers, kind)?;
                let body = match otlp.compression {
                    Compression::None => body,
                    Compression::Gzip => {
                        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                        gzip(&body)?
                    }
                };
                Ok(Self { headers, body: body.into() })
            }
            ExporterConfig::OtlpGrpc(otlp) => {
                let mut headers = headers(&otlp.headers, "application/grpc")?;
                headers.insert(TE, HeaderValue::from_static("trailers"));
                let (flag, body) = match otlp.compression {
                    Compression::None => (0, spans.encode_to_vec()),
                    Compression::Gzip => {
                        headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
                        (1, gzip(&spans.encode_to_vec())?)
                    }
                };
                let length = u32::try_from(body.len()).map_err(|error| error.to_string())?;
                let mut framed = vec![flag];
                framed.extend_from_slice(&length.to_be_bytes());
                framed.extend_from_slice(&body);
                Ok(Self { headers, body: framed.into() })
            }
            ExporterConfig::File(_) | ExporterConfig::Console => Err("this is no backend".to_owned()),
        }
    }
}

fn headers(own: &[(String, Secret)], kind: &'static str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(own.len() + 4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("multitracer-ping/", env!("CARGO_PKG_VERSION"))),
    );
    for (name, value) in own {
        let key: HeaderName = name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| format!("the value of the header `{name}` is not one that HTTP allows"))?;
        value.set_sensitive(true);
        headers.append(key, value);
    }
    Ok(headers)
}

fn gzip(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(body).and_then(|()| encoder.finish()).map_err(|error| error.to_string())
}

/// One span of a trace of its own.
fn request(config: &TracerConfig) -> ExportTraceServiceRequest {
    let ids = RandomIdGenerator::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let attribute = |key: &str, value: opentelemetry::Value| KeyValue {
        key: key.to_owned(),
        value: Some(value.into()),
        ..KeyValue::default()
    };
    let resource = resource(config, None);
    let attributes = resource.iter().map(|(key, value)| attribute(key.as_str(), value.clone())).collect();
    let span = Span {
        trace_id: ids.new_trace_id().to_bytes().to_vec(),
        span_id: ids.new_span_id().to_bytes().to_vec(),
        name: "multitracer.ping".to_owned(),
        // internal
        kind: 1,
        // sampled, and the W3C flag is known
        flags: 0x101,
        start_time_unix_nano: now,
        end_time_unix_nano: now + 1,
        attributes: vec![attribute("multitracer.tracer", config.name.clone().into())],
        ..Span::default()
    };
    let scope = InstrumentationScope {
        name: "multitracer".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope),
                spans: vec![span],
                schema_url: String::new(),
            }],
            schema_url: String::new(),
        }],
    }
}
