//! The exporter for OTLP over gRPC.

pub(super) mod channel;
mod codec;
mod request;
#[cfg(feature = "probe")]
mod wire;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use opentelemetry_sdk::Resource;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Status};

use self::channel::{ChannelKey, GrpcChannel, grpc_channel};
use self::codec::ExportCodec;
use self::request::EXPORT_PATH;
use super::connection_pool::ConnectionPool;
use super::redact_errors::ErrorRedactor;
use super::response::{grpc_refusal, grpc_success};
use super::tls::Pem;
use super::transport::MAX_RESPONSE_BYTES;
use crate::config::model::{Compression, OtlpGrpcConfig};
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, ExporterBuildError, Retry};
use crate::export::outcome::{ExportError, ExportOutcome, ExportSuccess, Retryable};

pub(crate) use self::request::GrpcRequest;
#[cfg(feature = "probe")]
pub(crate) use self::wire::{export_url, grpc_body, grpc_headers, grpc_response};

/// Builds an exporter. Call it inside the export runtime.
pub(crate) fn otlp_grpc(
    config: &OtlpGrpcConfig,
    resource: &Resource,
    pool: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterBuildError> {
    let key = ChannelKey { endpoint: config.endpoint.clone(), pem: Pem::read(&config.tls)? };
    Ok(Arc::new(OtlpGrpc {
        channel: pool.grpc.get(key, grpc_channel)?,
        request: GrpcRequest::new(config, resource)?,
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint, resource),
    }))
}

struct OtlpGrpc {
    channel: Arc<GrpcChannel>,
    request: GrpcRequest,
    /// Time limit of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpGrpc {
    fn export(self: Arc<Self>, batch: Batch, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let message = self.request.message(&batch);
            drop(batch);
            retry.run(|| self.send(message.clone())).await
        })
    }
}

impl OtlpGrpc {
    async fn send(&self, message: Bytes) -> ExportOutcome {
        let bytes = message.len();
        let mut request = Request::new(message);
        request.metadata_mut().clone_from(&self.request.metadata);
        request.set_timeout(self.timeout);
        let mut client = Grpc::new(self.channel.0.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES);
        if self.request.compression == Compression::Gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let exchange = async {
            client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            client.unary(request, PathAndQuery::from_static(EXPORT_PATH), ExportCodec).await
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(response)) => {
                Ok(ExportSuccess { bytes, ..grpc_success(response.into_inner(), &self.redactor) })
            }
            Ok(Err(status)) => Err(grpc_refusal(&status, &self.redactor).into_export_error("")),
            Err(_) => Err(ExportError::timed_out(self.timeout).retry(Retryable::Backoff)),
        }
    }
}
