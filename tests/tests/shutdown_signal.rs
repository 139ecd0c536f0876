//! The future that ends with the process's time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::pin::pin;
use std::process::Command;
use std::time::Duration;

use futures_util::poll;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;

// one test: the signals are the process's
#[tokio::test]
async fn a_service_that_is_told_to_end_exports_what_it_has() {
    let receiver = Receiver::start().await.unwrap();
    for signal in ["-TERM", "-INT"] {
        let registry = Registry::builder()
            .tracer(TracerBuilder::new("only").otlp_http(receiver.http_endpoint()))
            .build()
            .unwrap();
        let mut told = pin!(multitracer::shutdown_signal());
        assert!(poll!(&mut told).is_pending(), "not before");
        registry.default_tracer().in_span(signal, || {});
        let pid = std::process::id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        tokio::time::timeout(Duration::from_secs(10), told).await.unwrap();
        registry.shutdown().await.unwrap();
    }
    let names: Vec<_> = receiver.spans().iter().map(|span| span.name().to_owned()).collect();
    assert_eq!(names, ["-TERM", "-INT"]);
}
