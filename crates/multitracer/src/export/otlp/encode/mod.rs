//! The encoding of spans as the body of an export request.

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod body;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod code_attributes;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod gzip;
#[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
mod json;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod protobuf;

#[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
#[cfg(feature = "otlp-file")]
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
#[cfg(feature = "otlp-file")]
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;

use crate::export::batch::Batch;

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::gzip::{gunzip, gzip};

/// An encoder for the batches of one tracer.
pub(crate) struct Encoder {
    resource: Resource,
    /// The resource as protobuf, encoded on first use.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    encoded_resource: std::sync::OnceLock<Vec<u8>>,
    /// Size of the last body, as the capacity of the next one.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    last_size: std::sync::atomic::AtomicUsize,
}

impl Encoder {
    pub(crate) fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.clone(),
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            encoded_resource: std::sync::OnceLock::new(),
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            last_size: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// Encodes a batch as protobuf.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn protobuf(&self, batch: &Batch) -> bytes::Bytes {
        use std::sync::atomic::Ordering;

        let resource = self.encoded_resource.get_or_init(|| protobuf::resource(&self.resource));
        let schema_url = self.resource.schema_url().unwrap_or_default();
        let body = body::body(self.last_size.load(Ordering::Relaxed), |out| {
            protobuf::request(out, resource, schema_url, batch);
        });
        self.last_size.store(body.len(), Ordering::Relaxed);
        body
    }

    /// Encodes a batch as OTLP's JSON.
    #[cfg(feature = "otlp-file")]
    pub(crate) fn json(&self, batch: Batch) -> Result<Vec<u8>, serde_json::Error> {
        let resource = ResourceAttributesWithSchema::from(&self.resource);
        let resource_spans = group_spans_by_resource_and_scope(batch.into_span_data(), &resource);
        json::encode(ExportTraceServiceRequest { resource_spans })
    }
}

/// Returns a request that is encoded as protobuf as OTLP's JSON.
#[cfg(feature = "otlp-http")]
pub(crate) fn to_json(plain: bytes::Bytes) -> std::io::Result<Vec<u8>> {
    let request = <ExportTraceServiceRequest as prost::Message>::decode(plain);
    Ok(json::encode(request.map_err(std::io::Error::other)?)?)
}
