//! OTLP over gRPC.

use std::sync::Arc;

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

use super::{Shared, joined};
use crate::model::{Protocol, ReceivedRequest};

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let service = TraceServiceServer::new(Service(shared))
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(64 * 1024 * 1024);
    // ends with the task
    let _ = Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener)).await;
}

struct Service(Arc<Shared>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let metadata = request.metadata().clone();
        let headers = joined(&metadata.clone().into_headers());
        let mut received = ReceivedRequest {
            protocol: Protocol::Grpc,
            path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export".to_owned(),
            headers,
            spans: 0,
            status: 0,
        };
        let header = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Err(refusal) = self.0.meet(header).await {
            let code = if refusal.status == 401 { Code::Unauthenticated } else { Code::Unavailable };
            received.status = u16::try_from(i32::from(code)).unwrap_or(0);
            self.0.note(received, None);
            return Err(Status::new(code, "told to refuse"));
        }
        self.0.note(received, Some(request.into_inner()));
        Ok(Response::new(self.0.answer()))
    }
}
