//! Outages of a backend, beside a tracer whose backend is well.
//!
//! `cargo measure outage` runs longer ones at a higher rate.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use multitracer::{Registry, TracerBuilder};
use multitracer_tests::Receiver;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The length of the outage of a silent backend.
const OUTAGE: Duration = Duration::from_secs(3);

/// The retries after which a closed port opens again. The backoff then takes 2.5 s or more.
const RETRIES: u64 = 6;

/// The spans of each tracer in a turn. A turn takes 5 ms or more.
const SPANS_A_TURN: u64 = 10;
const TURN: Duration = Duration::from_millis(5);

/// The limit of the time to the next exported span. Exports that wait for the end of the backoff
/// take longer.
const MAX_RETURN: Duration = Duration::from_millis(2400);

/// The way in which the backend is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The port is closed, and all connections end.
    Refused,
    /// Nothing is accepted, read or answered.
    Silent,
}

/// A proxy of a backend that can be gone.
struct Proxy {
    address: SocketAddr,
    to: String,
    kind: Kind,
    is_up: watch::Sender<bool>,
    accepting: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy in front of `to`, a URL of OTLP.
    async fn start(to: &str, kind: Kind) -> Self {
        let to = to.trim_start_matches("http://").trim_end_matches("/v1/traces").to_owned();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut proxy = Self { address, to, kind, is_up: watch::Sender::new(true), accepting: None };
        proxy.listen().await;
        proxy
    }

    async fn listen(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let (to, kind, mut is_up) = (self.to.clone(), self.kind, self.is_up.subscribe());
        self.accepting = Some(tokio::spawn(async move {
            while is_up.wait_for(|is_up| *is_up).await.is_ok() {
                let Ok((client, _)) = listener.accept().await else { return };
                tokio::spawn(forward(client, to.clone(), kind, is_up.clone()));
            }
        }));
    }

    async fn fail(&mut self) {
        self.is_up.send_replace(false);
        if self.kind == Kind::Refused
            && let Some(accepting) = self.accepting.take()
        {
            accepting.abort();
            // the port is closed once the task is gone
            assert!(accepting.await.is_err());
        }
    }

    async fn recover(&mut self) {
        self.is_up.send_replace(true);
        if self.accepting.is_none() {
            self.listen().await;
        }
    }
}

/// Forwards a connection while the backend is up.
async fn forward(client: TcpStream, to: String, kind: Kind, mut is_up: watch::Receiver<bool>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = copy(from_client, to_server, is_up.clone()) => {}
        _ = copy(from_server, to_client, is_up.clone()) => {}
        _ = is_up.wait_for(|is_up| !*is_up), if kind == Kind::Refused => {}
    }
}

/// Copies one direction of a connection. Reads nothing while the backend is gone.
async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_up: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = tokio::select! {
            biased;
            _ = is_up.wait_for(|is_up| !*is_up) => 0,
            read = from.read(&mut buffer) => match read? {
                0 => return Ok(()),
                read => read,
            },
        };
        if is_up.wait_for(|is_up| *is_up).await.is_err() {
            return Ok(());
        }
        to.write_all(&buffer[..read]).await?;
    }
}

/// Ends spans of both tracers for some time, or until `is_enough`. Returns their number.
async fn load(registry: &Registry, time: Duration, is_enough: impl Fn() -> bool) -> u64 {
    let (started, mut made) = (Instant::now(), 0);
    let tracers = registry.tracers();
    while started.elapsed() < time && !is_enough() {
        for tracer in &tracers {
            (0..SPANS_A_TURN).for_each(|_| tracer.in_span("work", || {}));
        }
        made += SPANS_A_TURN;
        tokio::time::sleep(TURN).await;
    }
    made
}

fn distinct(backend: &Receiver) -> u64 {
    backend.spans().iter().map(|span| span.span_id()).collect::<HashSet<_>>().len() as u64
}

async fn outage(kind: Kind, is_grpc: bool) {
    let what = format!("{kind:?}, gRPC: {is_grpc}");
    let (bad, good) = (Receiver::start().await.unwrap(), Receiver::start().await.unwrap());
    let endpoint =
        |backend: &Receiver| if is_grpc { backend.grpc_endpoint() } else { backend.http_endpoint() };
    let mut proxy = Proxy::start(&endpoint(&bad), kind).await;
    let tracer = |name: &str, endpoint: String| {
        let tracer = TracerBuilder::new(name).schedule_delay(Duration::from_millis(20)).max_retries(20);
        if is_grpc { tracer.otlp_grpc(endpoint) } else { tracer.otlp_http(endpoint) }
    };
    let path = if is_grpc { "" } else { "/v1/traces" };
    let registry = Registry::builder()
        .tracer(tracer("good", endpoint(&good)).max_queue_size(100_000))
        .tracer(tracer("bad", format!("http://{}{path}", proxy.address)))
        .default_tracer("good")
        .build()
        .unwrap();
    let exported = || registry.stats().tracer("bad").unwrap().exported;

    let mut made = load(&registry, Duration::from_millis(300), || false).await;
    proxy.fail().await;
    let retries = || registry.stats().tracer("bad").unwrap().retries;
    let time = if kind == Kind::Refused { OUTAGE * 10 } else { OUTAGE };
    made += load(&registry, time, || retries() >= RETRIES).await;
    let before = exported();
    proxy.recover().await;
    let returned = Instant::now();
    made += load(&registry, MAX_RETURN * 4, || exported() > before).await;
    let resumed = returned.elapsed();
    println!("{what}: resumed after {resumed:?}");
    assert!(resumed < MAX_RETURN, "{what}: resumed after {resumed:?}\n{}", registry.stats());

    made += load(&registry, Duration::from_millis(200), || false).await;
    let report = registry.shutdown_within(Duration::from_secs(10)).await.unwrap();
    let (arrived, arrived_good) = (distinct(&bad), distinct(&good));
    let line = report.tracer("good").unwrap();
    assert_eq!((line.exported, line.dropped.total(), arrived_good), (made, 0, made), "{what}\n{report}");
    let line = report.tracer("bad").unwrap();
    assert_eq!(line.exported + line.dropped.total(), made, "{what}\n{report}");
    // the backend may have taken a request whose response was lost
    assert!(line.exported <= arrived && arrived <= made, "{what}: {arrived} arrived\n{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_over_http_resume_after_a_closed_port() {
    outage(Kind::Refused, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_over_grpc_resume_after_a_closed_port() {
    outage(Kind::Refused, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_over_http_resume_after_a_silent_backend() {
    outage(Kind::Silent, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_over_grpc_resume_after_a_silent_backend() {
    outage(Kind::Silent, true).await;
}
