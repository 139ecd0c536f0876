//! Probes on a runtime of the application whose clock is paused, and on one without a clock.
#![cfg(feature = "probe")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use multitracer::config::Config;

/// Starts a backend that responds to one request after `delay`, or never.
fn backend(delay: Option<Duration>) -> Config {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        match delay {
            Some(delay) => {
                thread::sleep(delay);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            }
            // the client closes the connection
            None => while matches!(stream.read(&mut request), Ok(1..)) {},
        }
    });
    let endpoint = format!("http://{address}/v1/traces");
    let yaml = format!("tracers: {{a: {{exporter: {{otlp_http: {{endpoint: \"{endpoint}\"}}}}}}}}");
    Config::from_yaml(&yaml).unwrap()
}

/// A paused clock jumps to the next timer while nothing runs, so a time limit on it ends at once.
#[tokio::test(start_paused = true)]
async fn a_probe_keeps_its_time_limit_while_the_clock_is_paused() {
    let delay = Duration::from_millis(400);
    let reports = backend(Some(delay)).probe("a", Duration::from_secs(10)).await;
    assert_eq!(reports[0].outcome().to_string(), "delivered");
    assert!(reports[0].elapsed() >= delay);

    tokio::time::advance(Duration::from_secs(3600)).await;
    let started = Instant::now();
    let reports = backend(None).probe("a", delay).await;
    assert_eq!(reports[0].outcome().to_string(), "unreachable at HTTP: no response within 400ms");
    assert!((delay..Duration::from_secs(5)).contains(&started.elapsed()), "{:?}", started.elapsed());
}

#[test]
fn a_probe_needs_neither_a_clock_nor_sockets_of_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = backend(Some(Duration::ZERO));
    let reports = runtime.block_on(config.probe("a", Duration::from_secs(10)));
    assert_eq!(reports[0].outcome().to_string(), "delivered");
}
