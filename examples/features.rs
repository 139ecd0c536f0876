//! A tracer for each feature: search and billing report to their own projects, whoever calls them.
//!
//! A function that names another tracer than its caller starts a new trace, with a link to the
//! caller.

use multitracer::{Registry, traced};

const CONFIG: &str = "
default_tracer: app
defaults: {service: {name: shop}, exporter: console}
tracers:
  app: {project: shop}
  search: {project: search-team}
  billing: {project: billing-team}
";

#[traced]
async fn checkout(query: &str) -> Result<u32, Declined> {
    let hits = search(query).await;
    charge(hits * 10).await
}

#[traced(tracer = "search", fields(query), ret)]
async fn search(query: &str) -> u32 {
    // `tokenize` names no tracer, so it uses the tracer of its caller
    tokenize(query)
}

#[traced]
fn tokenize(query: &str) -> u32 {
    query.split(' ').map(|_| 1).sum()
}

#[derive(Debug, thiserror::Error)]
#[error("declined above 100")]
struct Declined;

#[traced(tracer = "billing", kind = "client", fields(amount), err)]
async fn charge(amount: u32) -> Result<u32, Declined> {
    if amount > 100 { Err(Declined) } else { Ok(amount) }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tracing = multitracer::install(Registry::from_yaml(CONFIG)?)?;
    assert!(checkout("green tea").await.is_ok());
    assert!(checkout("a b c d e f g h i j k l").await.is_err());
    tracing.shutdown().await?;
    Ok(())
}
