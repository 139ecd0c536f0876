//! OTLP over gRPC.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes};
use http::uri::PathAndQuery;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use prost::Message as _;
use tonic::client::Grpc;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder as Encode};
use tonic::metadata::{Ascii, MetadataKey, MetadataMap, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use super::encode::Encoder;
use super::redact_errors::ErrorRedactor;
use super::tls::Pem;
use super::{KEEP_ALIVE, KEEP_ALIVE_ANSWER, MAX_ANSWER, USER_AGENT, chain, response};
use crate::config::model::{Compression, OtlpGrpcConfig};
use crate::export::connection_pool::ConnectionPool;
use crate::export::exporter::{ExportFuture, Exporter, ExporterError};
use crate::export::outcome::{DropReason, ExportError, ExportSuccess, Retryable};
use crate::export::retry::Retry;

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// How long a connection may take to come about, whosoever waits for it.
const CONNECT: Duration = Duration::from_secs(10);

/// Connections to one endpoint, made when they are needed.
pub(crate) struct GrpcChannel(Channel);

/// An exporter for `config`. Call it inside the export runtime.
pub(crate) fn otlp_grpc(
    config: &OtlpGrpcConfig,
    resource: &Resource,
    clients: &ConnectionPool,
) -> Result<Arc<dyn Exporter>, ExporterError> {
    let key = (config.endpoint.clone(), Pem::read(&config.tls)?);
    Ok(Arc::new(OtlpGrpc {
        channel: clients.grpc.get(key, |(endpoint, pem)| channel(endpoint, pem))?,
        metadata: metadata(config)?,
        encoder: Encoder::new(resource),
        compression: config.compression,
        timeout: config.timeout,
        redactor: ErrorRedactor::new(&config.headers, &config.endpoint),
    }))
}

struct OtlpGrpc {
    channel: Arc<GrpcChannel>,
    metadata: MetadataMap,
    encoder: Encoder,
    compression: Compression,
    /// Of one attempt.
    timeout: Duration,
    redactor: ErrorRedactor,
}

impl Exporter for OtlpGrpc {
    fn export(self: Arc<Self>, batch: Vec<SpanData>, retry: Retry) -> ExportFuture {
        Box::pin(async move {
            let body = self.encoder.protobuf(&batch);
            drop(batch);
            retry.run(|| self.send(body.clone())).await
        })
    }
}

impl OtlpGrpc {
    async fn send(&self, body: Bytes) -> Result<ExportSuccess, ExportError> {
        let bytes = body.len();
        let mut request = Request::new(body);
        request.metadata_mut().clone_from(&self.metadata);
        request.set_timeout(self.timeout);
        let mut client = Grpc::new(self.channel.0.clone()).max_decoding_message_size(MAX_ANSWER);
        if self.compression == Compression::Gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let exchange = async {
            client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            client.unary(request, PathAndQuery::from_static(EXPORT), TraceCodec).await
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Ok(answer)) => {
                let mut delivered = response::delivered(answer.into_inner(), bytes);
                delivered.message = delivered.message.map(|message| self.redactor.clean(&message));
                Ok(delivered)
            }
            Ok(Err(status)) => Err(self.failure(&status)),
            Err(_) => {
                let message = format!("no answer within {:?}", self.timeout);
                Err(ExportError::new(DropReason::Timeout, message).retry(Retryable::Backoff))
            }
        }
    }

    /// By the rules of [OTLP](https://opentelemetry.io/docs/specs/otlp/#failures).
    fn failure(&self, status: &Status) -> ExportError {
        let asked = response::retry_info(status.details()).map(Retryable::After);
        let (reason, retry) = match status.code() {
            Code::ResourceExhausted | Code::OutOfRange if is_size(status.message()) => {
                (DropReason::TooLarge, Retryable::Never)
            }
            Code::DeadlineExceeded => (DropReason::Timeout, asked.unwrap_or(Retryable::Backoff)),
            Code::Cancelled | Code::Aborted | Code::OutOfRange | Code::Unavailable | Code::DataLoss => {
                (DropReason::ExportFailed, asked.unwrap_or(Retryable::Backoff))
            }
            Code::ResourceExhausted => (DropReason::ExportFailed, asked.unwrap_or(Retryable::Never)),
            // no answer came at all: the connection broke
            _ if std::error::Error::source(status).is_some() => {
                (DropReason::ExportFailed, Retryable::Backoff)
            }
            _ => (DropReason::ExportFailed, Retryable::Never),
        };
        let mut why = status.message().to_owned();
        if let Some(source) = std::error::Error::source(status) {
            let causes = chain(source);
            why = if causes.starts_with(&why) { causes } else { format!("{why}: {causes}") };
        }
        let message = format!("{:?}: {why}", status.code());
        ExportError::new(reason, self.redactor.clean(&message)).retry(retry)
    }
}

/// Whether a status is about the size of the request, which has no code of its own.
fn is_size(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("message") && (message.contains("larger than") || message.contains("too large"))
}

fn channel(endpoint: &str, pem: &Pem) -> Result<GrpcChannel, ExporterError> {
    let bad = |error: tonic::transport::Error| {
        ExporterError(format!("cannot set up the channel: {}", chain(&error)))
    };
    let mut endpoint = Endpoint::from_shared(endpoint.to_owned())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .map_err(bad)?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_ANSWER);
    if endpoint.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
        let mut tls = match &pem.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        if let Some((cert, key)) = &pem.identity {
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        endpoint = endpoint.tls_config(tls).map_err(bad)?;
    }
    Ok(GrpcChannel(endpoint.connect_lazy()))
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

/// Sends what is encoded already, so that no attempt encodes or copies it again.
#[derive(Clone, Copy)]
struct TraceCodec;

impl Codec for TraceCodec {
    type Encode = Bytes;
    type Decode = ExportTraceServiceResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encode for TraceCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, body: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(body);
        Ok(())
    }
}

impl Decoder for TraceCodec {
    type Item = ExportTraceServiceResponse;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<ExportTraceServiceResponse>, Status> {
        let answer = ExportTraceServiceResponse::decode(from);
        answer.map(Some).map_err(|error| Status::internal(format!("the answer cannot be read: {error}")))
    }
}
