//! Spans as the body of an export request.

#[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
#[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
#[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

/// Encodes the batches of one tracer.
pub(super) struct Encoder {
    resource: Resource,
    /// The same as protobuf, once it was needed.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    encoded: std::sync::OnceLock<Vec<u8>>,
    /// Bytes of the last body, which the next one may have too.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    size: std::sync::atomic::AtomicUsize,
}

impl Encoder {
    pub(super) fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.clone(),
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            encoded: std::sync::OnceLock::new(),
            #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
            size: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(super) fn protobuf(&self, batch: &[SpanData]) -> bytes::Bytes {
        use std::sync::atomic::Ordering;

        use super::protobuf;

        let resource = self.encoded.get_or_init(|| protobuf::resource(&self.resource));
        let mut body = Vec::with_capacity(self.size.load(Ordering::Relaxed));
        protobuf::request(&mut body, resource, self.resource.schema_url().unwrap_or_default(), batch);
        self.size.store(body.len(), Ordering::Relaxed);
        body.into()
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
    pub(super) fn json(&self, batch: Vec<SpanData>) -> Result<Vec<u8>, serde_json::Error> {
        let resource = ResourceAttributesWithSchema::from(&self.resource);
        let resource_spans = group_spans_by_resource_and_scope(batch, &resource);
        serde_json::to_vec(&ExportTraceServiceRequest { resource_spans })
    }
}
