//! An axum service whose canary, shadow and experiment traffic arrives in separate projects.
//!
//! ```sh
//! # send requests to the service, print the received spans, and end
//! cargo run --example canary
//! # serve your own requests
//! cargo run --example canary -- --serve
//! # use your own configuration
//! cargo run --example canary -- --config my.yaml
//! # send the spans to your own backend
//! OTLP_ENDPOINT=http://localhost:4318/v1/traces HH_API_KEY=.. cargo run --example canary
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

mod service;
mod traffic;

use std::error::Error;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use multitracer::Registry;
use multitracer::config::Config;
use multitracer::export::Report;
use multitracer_tests::{Receiver, by_project, trees};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_ansi(std::io::stdout().is_terminal())
        .with_env_filter("multitracer=info")
        .without_time()
        .init();
    let arguments: Vec<String> = std::env::args().collect();
    let serve = arguments.iter().any(|argument| argument == "--serve");
    let path = arguments.iter().skip_while(|argument| *argument != "--config").nth(1).map(PathBuf::from);
    let path = path.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.example.yaml"));

    // without a backend outside, a receiver in this program takes the spans
    let receiver = match std::env::var("OTLP_ENDPOINT") {
        Ok(_) => None,
        Err(_) => Some(Receiver::start().await?),
    };
    let config = load(&path, receiver.as_ref())?;
    let tracing = multitracer::install(Registry::from_config(config)?)?;

    let listener = TcpListener::bind(if serve { "127.0.0.1:3000" } else { "127.0.0.1:0" }).await?;
    let address = listener.local_addr()?;
    let app = service::app(tracing.registry());
    if serve {
        println!("\nlistening on http://{address}, for example:");
        println!("  curl -d 'hello' -H 'X-Canary-User: true' http://{address}/api/chat");
        axum::serve(listener, app).with_graceful_shutdown(ctrl_c()).await?;
    } else {
        let server = tokio::spawn(axum::serve(listener, app).into_future());
        traffic::send(&format!("http://{address}/api/chat")).await?;
        server.abort();
    }

    let report = tracing.shutdown().await?;
    show(receiver.as_ref(), &report);
    Ok(())
}

/// Loads the configuration. Variables that the environment does not set get values here.
fn load(path: &Path, receiver: Option<&Receiver>) -> Result<Config, multitracer::config::ConfigError> {
    let endpoint = receiver.map(Receiver::http_endpoint);
    let variables = move |name: &str| {
        std::env::var(name).ok().or_else(|| match name {
            "OTLP_ENDPOINT" => endpoint.clone(),
            "HH_API_KEY" => Some("example-key".to_owned()),
            // production samples one trace in ten; this program shows all traces
            "SAMPLE_RATE" => Some("1.0".to_owned()),
            _ => None,
        })
    };
    Config::loader().variables(variables).load_path(path)
}

/// Prints the received spans of each project, and the report.
fn show(receiver: Option<&Receiver>, report: &Report) {
    if let Some(receiver) = receiver {
        let shown = ["http.response.status_code", "feature_flag.result.variant", "error.type", "llm.tokens"];
        for (project, spans) in by_project(receiver.spans()) {
            println!("\n== project {project}");
            for line in trees(&spans, |key| shown.contains(&key)).lines() {
                println!("  {line}");
            }
        }
    }
    println!("\n{report}");
}

async fn ctrl_c() {
    // an error here leaves no way to stop, except to kill the process
    let _ = tokio::signal::ctrl_c().await;
}
