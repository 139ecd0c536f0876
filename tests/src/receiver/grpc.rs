//! The gRPC server.

use std::sync::Arc;

use futures_util::StreamExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};

use super::{Refusal, Shared, join_headers};
use crate::model::{Protocol, ReceivedRequest};

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let counted = Arc::clone(&shared);
    let incoming = TcpIncoming::from(listener).inspect(move |_| counted.connected());
    let max_body = shared.behaviour.max_body.unwrap_or(64 * 1024 * 1024);
    let service = TraceServiceServer::new(Service(shared))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(max_body);
    // the server runs until its task is aborted
    let _ = Server::builder().add_service(service).serve_with_incoming(incoming).await;
}

struct Service(Arc<Shared>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let metadata = request.metadata().clone();
        let headers = join_headers(&metadata.clone().into_headers());
        let mut received = ReceivedRequest {
            protocol: Protocol::Grpc,
            path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export".to_owned(),
            headers,
            spans: 0,
            status: 0,
        };
        let header = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Err(refusal) = self.0.admit(header).await {
            let status = status(&refusal);
            received.status = u16::try_from(i32::from(status.code())).unwrap_or(0);
            self.0.record_request(received, None);
            return Err(status);
        }
        self.0.record_request(received, Some(request.into_inner()));
        Ok(Response::new(self.0.response()))
    }
}

/// Returns the gRPC status that corresponds to the HTTP status of a refusal.
fn status(refusal: &Refusal) -> Status {
    let (code, message) = match refusal.status {
        401 => (Code::Unauthenticated, "told to refuse"),
        413 => (Code::ResourceExhausted, "received message larger than max"),
        429 => (Code::ResourceExhausted, "told to refuse"),
        _ => (Code::Unavailable, "told to refuse"),
    };
    match refusal.retry_after {
        Some(seconds) => Status::with_details(code, message, rpc::retry_info(seconds).into()),
        None => Status::new(code, message),
    }
}

/// The messages of `google.rpc` that carry a retry delay.
mod rpc {
    use prost::Message as _;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Status {
        #[prost(message, repeated, tag = "3")]
        details: Vec<Any>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Any {
        #[prost(string, tag = "1")]
        type_url: String,
        #[prost(bytes = "vec", tag = "2")]
        value: Vec<u8>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct RetryInfo {
        #[prost(message, optional, tag = "1")]
        retry_delay: Option<Delay>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Delay {
        #[prost(uint64, tag = "1")]
        seconds: u64,
    }

    /// Encodes a status whose details ask the client to retry after `seconds`.
    pub(super) fn retry_info(seconds: u64) -> Vec<u8> {
        let info = RetryInfo { retry_delay: Some(Delay { seconds }) };
        let type_url = "type.googleapis.com/google.rpc.RetryInfo".to_owned();
        Status { details: vec![Any { type_url, value: info.encode_to_vec() }] }.encode_to_vec()
    }
}
