//! A gRPC service on loopback, and its client.
//!
//! The service is gRPC's health check, because a crate ships the generated code for it.

use std::pin::Pin;
use std::time::{Duration, Instant};

use futures_util::{Stream, stream};
use multitracer::http::{HttpClientLayer, HttpClientService, HttpLayer};
use multitracer::testing::TestRegistry;
use multitracer::{enrich_span, traced};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::Layer as _;

/// The service. The name in a request decides the response.
///
/// `missing` and `broken` fail. A number is the length of the stream. The stream of `3 canary` has
/// three messages, whose spans have the attribute `expected=canary`.
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
        let length: usize = length.parse().map_err(|_| Status::invalid_argument("not a number"))?;
        // the messages are made while the client reads, after the handler has returned
        let answers = stream::unfold((0, expected), move |(number, expected)| async move {
            match number {
                0..100 => tokio::task::yield_now().await,
                // the pause keeps an endless stream from filling the memory
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

/// Serves [`Backend`] behind `layer`, and returns its address.
pub(crate) async fn serve_grpc(layer: HttpLayer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().layer(layer).add_service(HealthServer::new(Backend));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    format!("http://{address}")
}

/// A client that sends the context with each call.
pub(crate) type Client = HealthClient<HttpClientService<Channel>>;

/// Returns a client that sends the context with each call.
pub(crate) fn client(address: &str) -> Client {
    let channel = Channel::from_shared(address.to_owned()).unwrap().connect_lazy();
    HealthClient::new(HttpClientLayer::new().layer(channel))
}

/// Returns a request for the service of that name.
pub(crate) fn ask(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: service.to_owned() })
}

/// Reads a whole stream, and returns the number of its messages.
pub(crate) async fn read(client: &mut Client, request: Request<HealthCheckRequest>) -> Result<usize, Status> {
    let mut answers = client.watch(request).await?.into_inner();
    let mut count = 0;
    while answers.message().await?.is_some() {
        count += 1;
    }
    enrich_span([multitracer::KeyValue::new("messages", count as i64)]);
    Ok(count)
}

/// Waits until no registry has an open span, or 10 seconds have passed.
///
/// A server's span ends a moment after the client has the response.
pub(crate) async fn wait_until_spans_end(tests: &[&TestRegistry]) {
    let has_open_spans =
        |test: &&TestRegistry| test.registry().report().tracers().iter().any(|tracer| tracer.open() > 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    while tests.iter().any(has_open_spans) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
