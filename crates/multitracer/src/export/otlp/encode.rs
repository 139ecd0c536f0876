//! Spans as the body of an export request.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

/// Encodes the batches of one tracer.
pub(super) struct Encoder {
    resource: ResourceAttributesWithSchema,
}

impl Encoder {
    pub(super) fn new(resource: &Resource) -> Self {
        Self { resource: resource.into() }
    }

    fn message(&self, batch: Vec<SpanData>) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(batch, &self.resource) }
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(super) fn protobuf(&self, batch: Vec<SpanData>) -> bytes::Bytes {
        use prost::Message as _;

        self.message(batch).encode_to_vec().into()
    }

    #[cfg(any(feature = "otlp-http", feature = "otlp-file"))]
    pub(super) fn json(&self, batch: Vec<SpanData>) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.message(batch))
    }
}
