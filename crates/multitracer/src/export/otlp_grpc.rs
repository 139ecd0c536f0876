//! OTLP over gRPC: OpenTelemetry's exporter over a channel and an interceptor of our own.
//!
//! The exporter merges `OTEL_EXPORTER_OTLP_HEADERS` into every request. The interceptor runs after that:
//! it replaces all metadata by the tracer's own.

use std::sync::Arc;

use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::exporter::{Erased, Exporter, ExporterError};
use super::tls::Pem;
use crate::config::model::{Compression, OtlpGrpcConfig};

/// An exporter for `config`. Call it inside the export runtime.
pub(crate) fn otlp_grpc(
    config: &OtlpGrpcConfig,
    resource: &Resource,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    let metadata = metadata(config)?;
    let mut builder = SpanExporter::builder()
        .with_tonic()
        .with_protocol(Protocol::Grpc)
        .with_channel(channel(config)?)
        .with_timeout(config.timeout)
        .with_interceptor(move |mut request: tonic::Request<()>| {
            request.metadata_mut().clone_from(&metadata);
            Ok(request)
        });
    if config.compression == Compression::Gzip {
        builder = builder.with_compression(opentelemetry_otlp::Compression::Gzip);
    }
    let exporter = builder.build().map_err(|error| ExporterError(error.to_string()))?;
    Ok(Erased::exporter(exporter, resource))
}

/// Connects at the first export.
fn channel(config: &OtlpGrpcConfig) -> Result<Channel, ExporterError> {
    let bad = |error: tonic::transport::Error| ExporterError(format!("cannot set up the channel: {error}"));
    let mut endpoint = Endpoint::from_shared(config.endpoint.clone()).map_err(bad)?.timeout(config.timeout);
    if endpoint.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
        let pem = Pem::read(&config.tls)?;
        let mut tls = match pem.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        if let Some((cert, key)) = pem.identity {
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        endpoint = endpoint.tls_config(tls).map_err(bad)?;
    }
    Ok(endpoint.connect_lazy())
}

fn metadata(config: &OtlpGrpcConfig) -> Result<MetadataMap, ExporterError> {
    let mut metadata = MetadataMap::with_capacity(config.headers.len());
    for (name, value) in &config.headers {
        let bad = |what: &str| ExporterError(format!("header `{name}` has {what}"));
        let key: MetadataKey<Ascii> = name.parse().map_err(|_| bad("a name that gRPC does not allow"))?;
        let mut value: MetadataValue<Ascii> =
            value.expose().parse().map_err(|_| bad("a value that gRPC does not allow"))?;
        value.set_sensitive(true);
        metadata.append(key, value);
    }
    Ok(metadata)
}
