//! An axum service: spans named by route, excluded health checks, and a check of who uses a route.
//!
//! ```sh
//! cargo run --example axum_service
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, traced};
use tokio::net::TcpListener;

const CONFIG: &str = r#"
default_tracer: production
tracers:
  production: {project: shop}
  canary: {project: shop-canary}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
"#;

fn app(registry: &Registry) -> Router {
    let layer = registry
        .http_layer()
        // spans are named `GET /orders/{id}`, and carry `http.route`
        .with_matched_path()
        .exclude(["/healthz"])
        // a header can be forged; a request without the right goes to the default tracer
        .accept_route(|request, _route| request.headers.contains_key("authorization"))
        .response_header(HeaderName::from_static("x-tracer"));
    Router::new().route("/orders/{id}", get(order)).route("/healthz", get(|| async { "ok" })).layer(layer)
}

async fn order(Path(id): Path<u32>) -> Result<String, StatusCode> {
    load(id).await.ok_or(StatusCode::NOT_FOUND)
}

#[traced(kind = "client", fields(order.id = id))]
async fn load(id: u32) -> Option<String> {
    tokio::task::yield_now().await;
    (id < 10).then(|| format!("order {id}"))
}

/// Serves five requests, and returns the registry with their spans.
async fn run() -> Result<TestRegistry, Box<dyn Error>> {
    // this registry keeps spans in memory; a service calls `multitracer::init("config.yaml")?`
    let test = TestRegistry::from_yaml(CONFIG)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = tokio::spawn(axum::serve(listener, app(test.registry())).into_future());

    let client = reqwest::Client::builder().no_proxy().build()?;
    for (path, headers) in [
        ("/orders/7", &[][..]),
        ("/orders/70", &[]),
        ("/orders/8", &[("x-canary-user", "true"), ("authorization", "Bearer ..")]),
        ("/orders/9", &[("x-canary-user", "true")]),
        ("/healthz", &[]),
    ] {
        let mut request = client.get(format!("{url}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let tracer = response.headers().get("x-tracer").and_then(|tracer| tracer.to_str().ok());
        println!("{path:<12} {} {}", response.status().as_u16(), tracer.unwrap_or("-"));
        response.bytes().await?;
    }
    server.abort();
    Ok(test)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("\n{}", run().await?.trees());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use multitracer::assert_tree;

    #[tokio::test]
    async fn each_request_is_in_its_project() {
        let test = super::run().await.unwrap();
        assert_tree!(
            test.trees().only_attributes(["http.response.status_code", "multitracer.*", "order.id"]),
            "
            production
              GET /orders/{id} [server] http.response.status_code=200
                load [client] order.id=7
              GET /orders/{id} [server] http.response.status_code=404
                load [client] order.id=70
              GET /orders/{id} [server] multitracer.route.refused=canary-users http.response.status_code=200
                load [client] order.id=9
            canary
              GET /orders/{id} [server] multitracer.route=canary-users http.response.status_code=200
                load [client] order.id=8
        "
        );
    }
}
