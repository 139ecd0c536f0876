//! Rounds of requests over many connections. After each round all its spans are checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::check::{Summary, check};
use super::jobs::{ENDS, End, Job, Listener};
use super::work::Tools;
use super::world::World;
use super::{grpc, http, http_clients};

/// The protocol of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    Grpc,
}

/// The requests of one connection in a round.
const REQUESTS: usize = 24;
/// The connections of a round.
const CONNECTIONS: usize = 24;
/// The ends of requests on a pipelined connection, which none of them may end.
const CALM: [End; 3] = [End::Whole, End::Stream, End::Panic];

/// The servers of a test: one for each listener.
pub(crate) struct Load {
    world: Arc<World>,
    tools: Arc<Tools>,
    protocol: Protocol,
    /// The addresses of the public, the internal and the quiet listener.
    addresses: [SocketAddr; 3],
    sent: u64,
}

impl Load {
    pub(crate) async fn start(world: &Arc<World>, protocol: Protocol) -> Self {
        let tools = Tools::start(&world.registry, &world.board);
        let layer = || world.registry.http_layer();
        let layers = match protocol {
            Protocol::Http => [layer().without_baggage(), layer(), layer().without_baggage()],
            Protocol::Grpc => {
                [layer().without_baggage(), layer(), layer().exclude(["/grpc.health.v1.Health/*"])]
            }
        };
        let [public, internal, quiet] = layers;
        let addresses = match protocol {
            Protocol::Http => [
                http::serve(&tools, public).await,
                http::serve(&tools, internal).await,
                http::serve(&tools, quiet).await,
            ],
            Protocol::Grpc => [
                grpc::serve(&tools, public).await,
                grpc::serve(&tools, internal).await,
                grpc::serve(&tools, quiet).await,
            ],
        };
        Self { world: Arc::clone(world), tools, protocol, addresses, sent: 0 }
    }

    /// Returns the number of requests that were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends the requests of a round, with switches and reloads if there is a pause between them.
    ///
    /// Returns the number of switches and reloads.
    pub(crate) async fn round(&mut self, pause: Option<Duration>) -> usize {
        let stop = Arc::new(AtomicBool::new(false));
        let changes = pause.map(|pause| {
            let (world, stop) = (Arc::clone(&self.world), Arc::clone(&stop));
            tokio::spawn(async move { world.change_until(&stop, pause).await })
        });
        let mut connections = JoinSet::new();
        for number in 0..CONNECTIONS {
            // a connection's own numbers, so that neighbours of a shared future share a connection
            let first = self.sent + (number * REQUESTS) as u64 + 1;
            let ends: &[End] = if self.is_pipelined(number) { &CALM } else { &ENDS };
            let job = |id| Job::new(&self.world.registry, id, ends);
            let jobs: Vec<_> = (first..first + REQUESTS as u64).map(job).collect();
            for (address, listener) in
                self.addresses.into_iter().zip([Listener::Public, Listener::Internal, Listener::Quiet])
            {
                let jobs = jobs.iter().filter(|job| job.listener == listener).cloned().collect();
                self.connect(&mut connections, number, address, jobs);
            }
        }
        let all = async { connections.join_all().await };
        let all = tokio::time::timeout(Duration::from_secs(30), all).await;
        assert!(all.is_ok(), "requests without a response: {:#?}", self.world.board.take());
        self.sent += (CONNECTIONS * REQUESTS) as u64;
        self.tools.shelf.clear();
        stop.store(true, Ordering::Relaxed);
        let changes = match changes {
            Some(changes) => changes.await.unwrap(),
            None => 0,
        };
        self.wait_until_all_ends().await;
        changes
    }

    fn is_pipelined(&self, connection: usize) -> bool {
        self.protocol == Protocol::Http && connection % 3 == 1
    }

    fn connect(&self, connections: &mut JoinSet<()>, number: usize, address: SocketAddr, jobs: Vec<Job>) {
        let board = Arc::clone(&self.world.board);
        match (self.protocol, number % 3) {
            (Protocol::Http, 0) => connections.spawn(http_clients::keep_alive(board, address, jobs)),
            (Protocol::Http, 1) => connections.spawn(http_clients::pipelined(board, address, jobs)),
            (Protocol::Http, _) => connections.spawn(http_clients::many_streams(board, address, jobs, 8)),
            (Protocol::Grpc, 0) => connections.spawn(grpc::client(board, address, jobs, 1)),
            (Protocol::Grpc, _) => connections.spawn(grpc::client(board, address, jobs, 8)),
        };
    }

    /// Waits until no handler, task or span is open, for 20 seconds at most.
    async fn wait_until_all_ends(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let open = || {
            let report = self.world.registry.report();
            report.tracers().iter().map(|tracer| tracer.open()).sum::<u64>()
        };
        while self.world.board.outstanding() > 0 || open() > 0 {
            assert!(
                Instant::now() < deadline,
                "{} spans and {:#?}",
                open(),
                self.world.board.open_requests()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
            // a handler whose client is gone may leave a future late
            self.tools.shelf.clear();
        }
    }

    /// Checks the spans in memory.
    pub(crate) fn check(&self) -> Summary {
        check(&self.world.board.take(), &self.world.take_spans())
    }
}

/// Fails with an example of each broken rule, if there are any.
pub(crate) fn assert_no_violations(summary: &Summary) {
    let mut kinds = BTreeMap::<&str, Vec<&str>>::new();
    for violation in &summary.violations {
        kinds.entry(&violation.what).or_default().push(&violation.details);
    }
    let mut text = String::new();
    for (what, details) in &kinds {
        text += &format!("{} times {what}, as in\n{}\n", details.len(), details[0]);
    }
    assert!(kinds.is_empty(), "{text}");
}
