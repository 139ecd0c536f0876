//! Tracers that share a host with others to which the host does not respond, or slowly.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use multitracer::{KeyValue, Registry, TracerBuilder, enrich_span};
use tokio::net::TcpListener;

/// Time for which the host does not read the requests of slow tracers.
const SLOW: Duration = Duration::from_millis(2500);

/// A host that takes the requests of good tracers at once and those of slow tracers later. It never
/// reads those of bad ones.
struct Host {
    address: SocketAddr,
    /// The number of requests of good tracers.
    taken: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Seen>>,
}

/// The requests that the host has read until their end.
#[derive(Default)]
struct Seen {
    /// The number of requests of slow tracers.
    slow: usize,
    /// The connections of the requests of good tracers.
    good_connections: HashSet<usize>,
}

impl Host {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (taken, connections) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (counted, opened) = (Arc::clone(&taken), Arc::clone(&connections));
        let seen = Arc::<Mutex<Seen>>::default();
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = opened.fetch_add(1, Ordering::Relaxed);
                let (taken, seen) = (Arc::clone(&counted), Arc::clone(&noted));
                tokio::spawn(async move {
                    let mut server = auto::Builder::new(TokioExecutor::new());
                    // the smallest windows of HTTP/2, which are the default of many servers
                    server.http2().initial_stream_window_size(65_535).initial_connection_window_size(65_535);
                    let service = service_fn(move |request| {
                        respond(request, connection, Arc::clone(&taken), Arc::clone(&seen))
                    });
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, taken, connections, seen }
    }

    /// Waits until the host has taken `requests` requests of good tracers.
    async fn wait_for(&self, requests: usize) -> bool {
        for _ in 0..1000 {
            if self.taken.load(Ordering::Relaxed) >= requests {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

async fn respond(
    request: Request<Incoming>,
    connection: usize,
    taken: Arc<AtomicUsize>,
    seen: Arc<Mutex<Seen>>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key("x-bad") {
        // keeps the body without reading it
        std::future::pending::<()>().await;
    }
    let is_slow = parts.headers.contains_key("x-slow");
    if is_slow {
        tokio::time::sleep(SLOW).await;
    }
    let response = Response::builder();
    let response = match body.collect().await {
        Ok(_) => {
            let mut seen = seen.lock().unwrap();
            if is_slow {
                seen.slow += 1;
            } else {
                seen.good_connections.insert(connection);
                taken.fetch_add(1, Ordering::Relaxed);
            }
            response.header("content-type", "application/grpc").header("grpc-status", "0")
        }
        Err(_) => response.status(400),
    };
    Ok(response.body(Empty::new()).unwrap())
}

fn tracer(name: &str, host: &Host, is_grpc: bool) -> TracerBuilder {
    let tracer = TracerBuilder::new(name).schedule_delay(Duration::from_millis(10));
    let tracer = if is_grpc {
        tracer.otlp_grpc(format!("http://{}", host.address))
    } else {
        tracer.otlp_http(format!("http://{}/v1/traces", host.address))
    };
    tracer.request_timeout(Duration::from_secs(5)).export_timeout(Duration::from_secs(60))
}

/// Ends spans of the good tracer one by one, and returns the longest time until the host had one.
async fn longest_delay(registry: &Registry, host: &Host, spans: usize) -> Duration {
    let good = registry.tracer("good").unwrap();
    let (mut longest, before) = (Duration::ZERO, host.taken.load(Ordering::Relaxed));
    for n in 1..=spans {
        let started = Instant::now();
        good.in_span("work", || {});
        assert!(host.wait_for(before + n).await, "{}", registry.stats());
        longest = longest.max(started.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    longest
}

#[tokio::test]
async fn a_good_tracer_does_not_wait_for_140_hung_ones_of_its_host() {
    let host = Host::start().await;
    let bad = |n| tracer(&format!("bad-{n}"), &host, false).header("x-bad", "1");
    let builder = (0..140).fold(Registry::builder(), |builder, n| builder.tracer(bad(n)));
    let registry = builder.tracer(tracer("good", &host, false)).default_tracer("good").build().unwrap();
    let hang = || {
        for tracer in registry.tracers().iter().filter(|tracer| tracer.name() != "good") {
            tracer.in_span("work", || {});
        }
    };
    hang();
    // until the requests of the bad tracers are in progress
    while host.connections.load(Ordering::Relaxed) < 100 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let first = longest_delay(&registry, &host, 1).await;
    assert!(first < Duration::from_secs(2), "{first:?}");
    // a tracer that got a response waits for no hung one
    hang();
    let later = longest_delay(&registry, &host, 200).await;
    assert!(later < Duration::from_millis(500), "{later:?}");
    let _ = registry.shutdown_within(Duration::from_millis(100)).await;
    let stats = registry.stats();
    let good = stats.tracer("good").unwrap();
    assert_eq!((good.exported, good.dropped.total()), (201, 0), "{stats}");
}

#[tokio::test]
async fn a_good_tracer_shares_no_flow_control_with_one_that_is_not_read() {
    let host = Host::start().await;
    let registry = Registry::builder()
        .tracer(tracer("bad", &host, true).header("x-bad", "1"))
        .tracer(tracer("good", &host, true))
        .default_tracer("good")
        .build()
        .unwrap();
    assert!(longest_delay(&registry, &host, 1).await < Duration::from_secs(2));
    let bad = registry.tracer("bad").unwrap();
    bad.in_span("work", || enrich_span([KeyValue::new("text", "x".repeat(300_000))]));
    // until the request of the bad tracer fills the window of the connection
    tokio::time::sleep(Duration::from_millis(300)).await;
    let first = longest_delay(&registry, &host, 1).await;
    assert!(first < Duration::from_millis(2500), "{first:?}");
    let later = longest_delay(&registry, &host, 300).await;
    assert!(later < Duration::from_secs(1), "{later:?}");
    let _ = registry.shutdown_within(Duration::from_millis(100)).await;
    let stats = registry.stats();
    let good = stats.tracer("good").unwrap();
    assert_eq!((good.exported, good.dropped.total(), good.retries), (302, 0, 0), "{stats}");
}

#[tokio::test]
async fn a_tracer_that_is_read_slowly_leaves_the_shared_connection_alone() {
    const REQUESTS: usize = 3;
    let host = Host::start().await;
    let registry = Registry::builder()
        .tracer(tracer("slow", &host, true).header("x-slow", "1").request_timeout(Duration::from_secs(20)))
        .tracer(tracer("good", &host, true))
        .default_tracer("good")
        .build()
        .unwrap();
    assert!(longest_delay(&registry, &host, 1).await < Duration::from_secs(2));
    let slow = registry.tracer("slow").unwrap();
    for _ in 0..REQUESTS {
        slow.in_span("work", || enrich_span([KeyValue::new("text", "x".repeat(300_000))]));
        registry.flush().await.unwrap();
        longest_delay(&registry, &host, 1).await;
    }
    let stats = registry.stats();
    assert_eq!(stats.tracer("slow").unwrap().exported, REQUESTS as u64, "{stats}");
    {
        let seen = host.seen.lock().unwrap();
        assert_eq!(seen.slow, REQUESTS, "a request that moved arrived twice");
        assert_eq!(seen.good_connections.len(), 1, "the good tracer needs no new connection");
    }
    // the shared one, and those of the slow tracer
    assert_eq!(host.connections.load(Ordering::Relaxed), 1 + REQUESTS);
    registry.shutdown_within(Duration::from_secs(5)).await.unwrap();
}
