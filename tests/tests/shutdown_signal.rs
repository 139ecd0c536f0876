//! The future that resolves when the process is told to end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(unix)]

use std::pin::pin;
use std::process::Command;
use std::time::Duration;

use futures_util::poll;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;

// one test, because a signal reaches the whole process
#[tokio::test]
async fn a_service_that_gets_a_signal_exports_its_spans() {
    let receiver = Receiver::start().await.unwrap();
    for signal in ["-TERM", "-INT"] {
        let registry = Registry::builder()
            .tracer(TracerBuilder::new("only").otlp_http(receiver.http_endpoint()))
            .build()
            .unwrap();
        let mut signalled = pin!(multitracer::shutdown_signal());
        assert!(poll!(&mut signalled).is_pending(), "the future resolved before the signal");
        registry.default_tracer().in_span(signal, || {});
        let pid = std::process::id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        tokio::time::timeout(Duration::from_secs(10), signalled).await.unwrap();
        registry.shutdown().await.unwrap();
    }
    let names: Vec<_> = receiver.spans().iter().map(|span| span.name().to_owned()).collect();
    assert_eq!(names, ["-TERM", "-INT"]);
}
