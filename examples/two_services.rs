//! An edge and a backend: what the edge decides, the backend follows, in one trace. The route's name travels as W3C baggage, and the backend trusts it.
//!
//! ```sh
//! cargo run --example two_services
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, traced};
use tokio::net::TcpListener;

/// Faces the internet, and believes nobody's baggage.
const EDGE: &str = r#"
default_tracer: production
tracers: {production: {project: shop-edge}, canary: {project: shop-canary}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
"#;

/// Is reached by the edge alone. It has a route of that name; its condition is for calls that do not come from the edge.
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
    // trace context, baggage, and the route's name in the baggage
    client.get(url).headers(outgoing_headers()).send().await?.text().await
}

#[traced]
async fn stock() -> u32 {
    3
}

async fn serve(app: Router) -> Result<String, std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // ends with the program
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(format!("http://{address}"))
}

/// Sends an ordinary request, a canary one and a forged one.
async fn run() -> Result<[TestRegistry; 2], Box<dyn Error>> {
    // they keep spans in memory, to show them; a service has `multitracer::init("config.yaml")?`
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
    async fn a_canary_is_one_trace_in_both() {
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
