//! A service on loopback: gRPC's own health check, since its generated code comes with a crate.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, stream};
use multitracer::http::{HttpClientLayer, HttpClientService, HttpLayer};
use multitracer::{enrich_span, traced};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::Layer as _;

/// Answers by what it is asked for: `missing` and `broken` fail, a number is the length of a stream. `3 canary` puts a mark on its spans.
pub(crate) struct Backend;

type Answers = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[traced]
async fn look_up(what: &str) -> Result<i32, Status> {
    tokio::task::yield_now().await;
    match what {
        "missing" => Err(Status::not_found("nothing of that name")),
        "broken" => Err(Status::internal("broken")),
        _ => Ok(1),
    }
}

#[traced(fields(number, expected))]
fn chunk(number: usize, expected: Option<&str>) -> HealthCheckResponse {
    HealthCheckResponse { status: 1 }
}

#[tonic::async_trait]
impl Health for Backend {
    type WatchStream = Answers;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let status = look_up(&request.get_ref().service).await?;
        Ok(Response::new(HealthCheckResponse { status }))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Answers>, Status> {
        let (length, expected) = match request.get_ref().service.split_once(' ') {
            Some((length, expected)) => (length, Some(expected.to_owned())),
            None => (&*request.get_ref().service, None),
        };
        let length: usize = length.parse().map_err(|_| Status::invalid_argument("no number"))?;
        // made while the body is read, when the handler has returned
        let answers = stream::unfold((0, expected), move |(number, expected)| async move {
            match number {
                0..100 => tokio::task::yield_now().await,
                // an endless one is not to fill the memory
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
            match number {
                _ if number < length => {
                    Some((Ok(chunk(number, expected.as_deref())), (number + 1, expected)))
                }
                13 => Some((Err(Status::data_loss("thirteen")), (number + 1, expected))),
                _ => None,
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Serves `Backend` behind `layer`, and gives its address.
pub(crate) async fn serve_grpc(layer: HttpLayer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().layer(layer).add_service(HealthServer::new(Backend));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    format!("http://{address}")
}

pub(crate) type Client = HealthClient<HttpClientService<Channel>>;

/// A client that carries the context along.
pub(crate) fn client(address: &str) -> Client {
    let channel = Channel::from_shared(address.to_owned()).unwrap().connect_lazy();
    HealthClient::new(HttpClientLayer::new().layer(channel))
}

pub(crate) fn ask(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: service.to_owned() })
}

/// Reads a whole stream, and gives the number of its messages or how it failed.
pub(crate) async fn read(client: &mut Client, request: Request<HealthCheckRequest>) -> Result<usize, Status> {
    let mut answers = client.watch(request).await?.into_inner();
    let mut count = 0;
    while answers.message().await?.is_some() {
        count += 1;
    }
    enrich_span([multitracer::KeyValue::new("messages", count as i64)]);
    Ok(count)
}
