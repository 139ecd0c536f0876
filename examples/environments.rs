//! One program for every environment: `APP_ENV` selects the project.
//!
//! ```sh
//! cargo run --example environments
//! APP_ENV=staging cargo run --example environments
//! ```

use multitracer::{Registry, traced};

const CONFIG: &str = "
default_tracer: ${APP_ENV:-development}
defaults:
  service: {name: shop}
  exporter: console
tracers:
  development: {project: shop-dev, environment: development}
  staging: {project: shop-staging, environment: staging}
  production: {project: shop, environment: production, sample_rate: 0.1}
";

#[traced(fields(item))]
fn order(item: &str) -> usize {
    price(item)
}

#[traced]
fn price(item: &str) -> usize {
    item.len() * 100
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tracing = multitracer::install(Registry::from_yaml(CONFIG)?)?;
    order("tea");
    // the console exporter prints the trace below the name of its project
    tracing.shutdown().await?;
    Ok(())
}
