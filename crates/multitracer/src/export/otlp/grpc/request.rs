//! The requests of one tracer over gRPC: metadata and message.

use bytes::Bytes;
use opentelemetry_sdk::Resource;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};

use crate::config::model::{Compression, OtlpGrpcConfig};
use crate::export::batch::Batch;
use crate::export::exporter::ExporterBuildError;
use crate::export::otlp::encode::Encoder;

/// The path of OTLP's export method.
pub(super) const EXPORT_PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// The metadata and the encoding of one tracer's requests.
pub(crate) struct GrpcRequest {
    /// Headers of the configuration.
    pub(super) metadata: MetadataMap,
    pub(super) compression: Compression,
    encoder: Encoder,
}

impl GrpcRequest {
    /// Creates the requests of a configuration.
    pub(crate) fn new(config: &OtlpGrpcConfig, resource: &Resource) -> Result<Self, ExporterBuildError> {
        Ok(Self {
            metadata: metadata(config)?,
            compression: config.compression,
            encoder: Encoder::new(resource),
        })
    }

    /// Returns the message for a batch, encoded and not compressed.
    pub(crate) fn message(&self, batch: &Batch) -> Bytes {
        self.encoder.protobuf(batch)
    }
}

fn metadata(config: &OtlpGrpcConfig) -> Result<MetadataMap, ExporterBuildError> {
    let mut metadata = MetadataMap::with_capacity(config.headers.len());
    for (name, value) in &config.headers {
        let bad = |what: &str| ExporterBuildError(format!("header `{name}` has {what}"));
        let key: MetadataKey<Ascii> = name.parse().map_err(|_| bad("a name that gRPC does not allow"))?;
        let mut value: MetadataValue<Ascii> =
            value.expose().parse().map_err(|_| bad("a value that gRPC does not allow"))?;
        value.set_sensitive(true);
        metadata.append(key, value);
    }
    Ok(metadata)
}
