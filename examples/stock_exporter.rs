//! The exporter of `opentelemetry-otlp` on some tracers, beside multitracer's own exporter.
//!
//! Use it for an exporter that your program has configured already. It works as it is, with these
//! differences from multitracer's own:
//!
//! - It reads `OTEL_EXPORTER_OTLP_*`. The headers of these variables replace the same headers in
//!   code, on every such exporter of the process.
//! - It retries by its own rules. It does not report partial success, so `rejected` stays 0.
//! - Over HTTP, the blocking client works. It blocks one thread of the export runtime, and no other
//!   tracer waits for it.
//! - Over gRPC, build the exporter inside a Tokio runtime. Its connection lives there, so this
//!   runtime must outlive the registry's shutdown. A `tracing` layer without a filter records the
//!   spans of this connection; the filter `h2=off` removes them.
//!
//! ```sh
//! cargo run --example stock_exporter
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::Duration;

use multitracer::{Registry, TracerBuilder, traced};
use multitracer_tests::{Receiver, trees};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};

#[traced(fields(item))]
fn order(item: &str) -> usize {
    price(item)
}

#[traced]
fn price(item: &str) -> usize {
    item.len() * 100
}

/// Builds one tracer with multitracer's exporter, and two with exporters of `opentelemetry-otlp`.
fn registry(receiver: &Receiver) -> Result<Registry, Box<dyn Error>> {
    let timeout = Duration::from_secs(5);
    let over_http = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(receiver.http_endpoint())
        .with_timeout(timeout)
        .build()?;
    let over_grpc = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(receiver.grpc_endpoint())
        .with_timeout(timeout)
        .build()?;
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("production").project("shop").otlp_http(receiver.http_endpoint()))
        .tracer(TracerBuilder::new("canary").project("shop-canary").exporter(over_http))
        .tracer(TracerBuilder::new("audit").project("shop-audit").exporter(over_grpc))
        .default_tracer("production")
        .build()?;
    Ok(registry)
}

/// A project's spans as trees, and the exporters that sent them.
#[derive(Debug, PartialEq)]
struct Arrived {
    exporters: BTreeSet<String>,
    trees: String,
}

/// Orders under each tracer, and returns what arrived for each project.
async fn run() -> Result<BTreeMap<String, Arrived>, Box<dyn Error>> {
    let receiver = Receiver::start().await?;
    let registry = registry(&receiver)?;
    registry.scope(|| order("tea"));
    registry.tracer("canary")?.scope(|| order("coffee"));
    registry.tracer("audit")?.scope(|| order("milk"));
    let report = registry.shutdown().await?;
    println!("{report}");

    let requests = receiver.requests();
    let projects = multitracer_tests::by_project(receiver.spans()).into_iter().map(|(project, spans)| {
        let agent = |request: usize| requests[request].headers.get("user-agent").cloned().unwrap_or_default();
        let exporters = spans.iter().map(|span| agent(span.request)).collect();
        (project, Arrived { exporters, trees: trees(&spans, |key| key == "item") })
    });
    Ok(projects.collect())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for (project, Arrived { exporters, trees }) in run().await? {
        println!("== project {project}, sent by {}", exporters.into_iter().collect::<Vec<_>>().join(", "));
        println!("{trees}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    #[tokio::test]
    async fn each_project_gets_its_order_from_its_exporter() {
        let projects = super::run().await.unwrap();
        let expected = [
            ("shop", "multitracer/", "tea"),
            ("shop-audit", "OTel", "milk"),
            ("shop-canary", "OTel", "coffee"),
        ];
        assert_eq!(projects.len(), expected.len());
        for (project, agent, item) in expected {
            let arrived = &projects[project];
            assert!(arrived.exporters.iter().all(|exporter| exporter.starts_with(agent)), "{arrived:?}");
            assert_eq!(arrived.trees, format!("order item={item}\n  price\n"));
        }
    }
}
