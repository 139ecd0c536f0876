//! A tonic service and its client: the tower layer with the conventions of gRPC.
//!
//! The metadata of a call selects the tracer. The span of a stream lasts until its last message.
//! The service is gRPC's health check, because a crate ships its generated code. Your own service
//! works the same way.
//!
//! ```sh
//! cargo run --example tonic_service
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _, stream};
use multitracer::http::HttpClientLayer;
use multitracer::testing::TestRegistry;
use multitracer::{WithTracerExt as _, traced};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::Layer as _;

const CONFIG: &str = r#"
default_tracer: production
tracers:
  production: {project: shop}
  canary: {project: shop-canary}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
"#;

struct Service;

type Responses = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Health for Service {
    type WatchStream = Responses;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        look_up(&request.get_ref().service).await.map(Response::new)
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Responses>, Status> {
        let name = request.into_inner().service;
        let responses = stream::iter(0..3).then(move |_| {
            let name = name.clone();
            // this future runs while the client reads the response
            async move { look_up(&name).await }
        });
        Ok(Response::new(Box::pin(responses)))
    }
}

#[traced]
async fn look_up(name: &str) -> Result<HealthCheckResponse, Status> {
    tokio::task::yield_now().await;
    match name {
        "shop" => Ok(HealthCheckResponse { status: 1 }),
        _ => Err(Status::not_found("no such service")),
    }
}

fn ask(name: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: name.to_owned() })
}

/// Makes three calls, and returns the registry with their spans.
async fn run() -> Result<TestRegistry, Box<dyn Error>> {
    // this registry keeps spans in memory; a service calls `multitracer::init("config.yaml")?`
    let test = TestRegistry::from_yaml(CONFIG)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router =
        Server::builder().layer(test.registry().http_layer()).add_service(HealthServer::new(Service));
    let server = tokio::spawn(router.serve_with_incoming(TcpIncoming::from(listener)));

    // the layer makes a client span for each call, and sends its context in the metadata
    let channel = HttpClientLayer::new().layer(Channel::from_shared(url)?.connect_lazy());
    let mut client = HealthClient::new(channel);
    let calls = async {
        client.check(ask("shop")).await?;
        let _ = client.check(ask("nobody")).await;
        let mut request = ask("shop");
        request.metadata_mut().insert("x-canary-user", "true".parse()?);
        let mut responses = client.watch(request).await?.into_inner();
        while responses.message().await?.is_some() {}
        Ok::<_, Box<dyn Error>>(())
    };
    calls.with_tracer(&test.registry().default_tracer()).await?;
    // a server's span ends a moment after the client has the response
    for _ in 0..1000 {
        if test.registry().report().tracers().iter().all(|tracer| tracer.open() == 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.abort();
    Ok(test)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run().await?.trees());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use multitracer::assert_tree;

    #[tokio::test]
    async fn each_call_is_in_its_project() {
        let test = super::run().await.unwrap();
        assert_tree!(test.trees().only_attributes(["rpc.response.status_code", "multitracer.route"]), "
            production
              grpc.health.v1.Health/Check [client] rpc.response.status_code=OK
                grpc.health.v1.Health/Check [server] rpc.response.status_code=OK
                  look_up
              grpc.health.v1.Health/Check [client] ERROR rpc.response.status_code=NOT_FOUND
                grpc.health.v1.Health/Check [server] rpc.response.status_code=NOT_FOUND
                  look_up ERROR
              grpc.health.v1.Health/Watch [client] rpc.response.status_code=OK
            canary
              grpc.health.v1.Health/Watch [server] multitracer.route=canary-users rpc.response.status_code=OK (linked to grpc.health.v1.Health/Watch of production)
                look_up
                look_up
                look_up
        ");
    }
}
