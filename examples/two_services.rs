//! An edge service and a backend service that share one trace.
//!
//! The edge sends the name of its route as W3C baggage. The backend trusts it, and uses the same
//! route.
//!
//! ```sh
//! cargo run --example two_services
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, traced};
use tokio::net::TcpListener;

/// The configuration of the edge, which faces the internet and trusts no baggage.
const EDGE: &str = r#"
default_tracer: production
tracers: {production: {project: shop-edge}, canary: {project: shop-canary}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
"#;

/// The configuration of the backend, which only the edge can reach. Its route has the same name;
/// the condition serves calls that do not come from the edge.
const BACKEND: &str = r#"
default_tracer: production
tracers: {production: {project: shop-backend}, canary: {project: shop-canary}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
baggage:
  trusted: true
  attributes: {tenant: app.tenant}
"#;

fn edge(registry: &Registry, backend: String) -> Router {
    let layer = registry.http_layer().with_matched_path();
    Router::new().route("/buy", get(buy)).layer(layer).with_state(backend)
}

fn backend(registry: &Registry) -> Router {
    let layer = registry.http_layer().with_matched_path();
    Router::new().route("/stock", get(|| async { stock().await.to_string() })).layer(layer)
}

async fn buy(State(backend): State<String>) -> Result<String, StatusCode> {
    ask_backend(&backend).await.map_err(|_| StatusCode::BAD_GATEWAY)
}

#[traced(kind = "client")]
async fn ask_backend(url: &str) -> Result<String, reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    // the headers carry the trace context, and baggage with the name of the route
    client.get(url).headers(outgoing_headers()).send().await?.text().await
}

#[traced]
async fn stock() -> u32 {
    3
}

async fn serve(app: Router) -> Result<String, std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // the server runs until the program ends
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(format!("http://{address}"))
}

/// Sends a plain request, a canary request and a forged request, and returns both registries.
async fn run() -> Result<[TestRegistry; 2], Box<dyn Error>> {
    // these registries keep spans in memory; a service calls `multitracer::init("config.yaml")?`
    let registries = [TestRegistry::from_yaml(EDGE)?, TestRegistry::from_yaml(BACKEND)?];
    let stock = format!("{}/stock", serve(backend(registries[1].registry())).await?);
    let url = format!("{}/buy", serve(edge(registries[0].registry(), stock)).await?);
    let client = reqwest::Client::builder().no_proxy().build()?;
    for (name, value) in
        [("x-other", ""), ("x-canary-user", "true"), ("baggage", "multitracer.route=canary-users")]
    {
        client.get(&url).header(name, value).send().await?.error_for_status()?.bytes().await?;
    }
    Ok(registries)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [edge, backend] = run().await?;
    println!("== edge\n{}\n== backend\n{}", edge.trees(), backend.trees());
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use multitracer::assert_tree;

    #[tokio::test]
    async fn a_canary_request_is_one_trace_in_both_services() {
        let [edge, backend] = super::run().await.unwrap();
        let buy = "GET /buy [server]\n    ask_backend [client]\n";
        let stock = "GET /stock [server] (remote parent)\n    stock\n";
        let plain = [""; 0];
        assert_tree!(
            edge.trees().only_attributes(plain),
            format!("production\n  {buy}  {buy}canary\n  {buy}")
        );
        assert_tree!(
            backend.trees().only_attributes(plain),
            format!("production\n  {stock}  {stock}canary\n  {stock}")
        );
        let (caller, called) = (edge.span("canary", "ask_backend"), backend.span("canary", "GET /stock"));
        assert_eq!(called.parent_span_id, caller.span_context.span_id());
        assert_eq!(called.span_context.trace_id(), caller.span_context.trace_id());
    }
}
