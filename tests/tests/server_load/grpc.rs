//! The gRPC server: tonic, with unary calls and streams, and its client.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderName;
use futures_util::{Stream, StreamExt as _, stream};
use multitracer::http::HttpLayer;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::ServiceBuilder;

use super::board::Board;
use super::functions::{explode, hang, step};
use super::http::PARTS;
use super::jobs::{End, Job};
use super::middleware::{Orders, inside};
use super::work::{Tools, work};

/// gRPC's health check, because a crate ships the generated code for it.
struct Service(Arc<Tools>);

type Answers = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

impl Service {
    async fn serve(&self, request: &Request<HealthCheckRequest>) -> Result<Orders, Status> {
        let orders = request.extensions().get::<Orders>();
        let orders = orders.cloned().ok_or_else(|| Status::invalid_argument("no orders"))?;
        work(&self.0, &orders.tag, orders.work).await;
        match orders.end {
            End::Panic => explode(orders.tag.clone()).await,
            End::Hang | End::Timeout => hang(orders.tag.clone()).await,
            End::Whole | End::Stream | End::StreamDropped | End::PanicUncaught => return Ok(orders),
        }
        pending().await
    }
}

#[tonic::async_trait]
impl Health for Service {
    type WatchStream = Answers;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.serve(&request).await?;
        Ok(Response::new(HealthCheckResponse { status: 1 }))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Answers>, Status> {
        let Orders { tag, .. } = self.serve(&request).await?;
        let answers = stream::iter(0..PARTS).then(move |_| {
            let tag = tag.clone();
            async move {
                step(tag).await;
                Ok(HealthCheckResponse { status: 1 })
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Serves the health check behind `layer` until the runtime ends, and returns its address.
pub(crate) async fn serve(tools: &Arc<Tools>, layer: HttpLayer) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = layer.response_header(HeaderName::from_static("x-tracer"));
    let layers = ServiceBuilder::new().layer(layer).layer(inside(tools)).into_inner();
    let server = Server::builder().layer(layers).add_service(HealthServer::new(Service(Arc::clone(tools))));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

/// Sends the requests over one connection, up to `streams` of them at once.
pub(crate) async fn client(board: Arc<Board>, address: std::net::SocketAddr, jobs: Vec<Job>, streams: usize) {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let client = HealthClient::new(channel);
    let calls = stream::iter(jobs).for_each_concurrent(streams, |job| {
        let (board, client) = (Arc::clone(&board), client.clone());
        async move { call(&board, client, job).await }
    });
    calls.await;
}

async fn call(board: &Board, mut client: HealthClient<Channel>, job: Job) {
    board.send(&job);
    let mut message = Request::new(HealthCheckRequest { service: String::new() });
    for (name, value) in job.all_headers() {
        message.metadata_mut().append(name, value.parse().unwrap());
    }
    if job.end == End::Timeout {
        message.set_timeout(Duration::from_millis(10));
    }
    let answer = |metadata: &tonic::metadata::MetadataMap| {
        if let Some(tracer) = metadata.get("x-tracer").and_then(|tracer| tracer.to_str().ok()) {
            board.answered(job.id, tracer);
        }
    };
    match job.end {
        End::Stream | End::StreamDropped => {
            let Ok(answers) = client.watch(message).await else { return };
            answer(answers.metadata());
            let mut answers = answers.into_inner();
            while let Ok(Some(_)) = answers.message().await {
                if job.end == End::StreamDropped {
                    return;
                }
            }
        }
        End::Hang => {
            let patience = Duration::from_millis(job.id % 5 + 1);
            let _ = tokio::time::timeout(patience, client.check(message)).await;
        }
        _ => match client.check(message).await {
            Ok(answered) => answer(answered.metadata()),
            Err(status) => answer(status.metadata()),
        },
    }
}
