//! Everything that a seed chooses.

use std::time::Duration;

use crate::faults::{ConnectionFault, GrpcFault, Http1Fault, Http2Fault, HttpFault, RequestFault};
use crate::random::Random;

/// A run of a registry with 1 to 3 tracers that have faults, and a good one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) hosts: Vec<HostPlan>,
    pub(crate) tracers: Vec<TracerPlan>,
    pub(crate) is_good_grpc: bool,
    pub(crate) rounds: Vec<Round>,
    pub(crate) end: End,
    /// `true` if every backend gets well before the end and the tracers have time and room.
    pub(crate) recovers: bool,
}

/// A backend with faults.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostPlan {
    pub(crate) protocol: HostProtocol,
    pub(crate) name: &'static str,
    /// The faults of connections; `None` is a connection without a fault.
    pub(crate) connections: Vec<Option<ConnectionFault>>,
    pub(crate) requests: Vec<RequestFault>,
    /// `true` if the faults never end.
    pub(crate) is_endless: bool,
    /// `true` if the proxy responds itself once it has no faults left. Otherwise the receiver does.
    pub(crate) responds_itself: bool,
}

/// The protocol of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostProtocol {
    Http,
    Grpc,
    HttpOverTls,
    Http2OverTls,
    GrpcOverTls,
}

impl HostProtocol {
    pub(crate) fn is_tls(self) -> bool {
        matches!(self, Self::HttpOverTls | Self::Http2OverTls | Self::GrpcOverTls)
    }

    pub(crate) fn is_grpc(self) -> bool {
        matches!(self, Self::Grpc | Self::GrpcOverTls)
    }

    pub(crate) fn is_http2(self) -> bool {
        self.is_grpc() || self == Self::Http2OverTls
    }
}

/// A tracer with faults.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracerPlan {
    pub(crate) host: usize,
    pub(crate) json: bool,
    pub(crate) gzip: bool,
    pub(crate) batch: usize,
    pub(crate) queue: usize,
    pub(crate) exports: usize,
    pub(crate) delay: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) export_timeout: Duration,
    pub(crate) retries: u32,
    /// The length of the text in each span.
    pub(crate) text: usize,
}

/// Spans of each tracer, then a wait, then perhaps a flush.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Round {
    pub(crate) spans: usize,
    pub(crate) wait: Duration,
    pub(crate) flush: Option<Duration>,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A flush, then a shutdown.
    Flush,
    /// A shutdown on a runtime.
    Shutdown(Duration),
    /// A shutdown that blocks its thread.
    ShutdownBlocking(Duration),
    /// A drop without a shutdown.
    Drop,
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        // seeds in a row give unrelated plans
        let mut random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let random = &mut random;
        let recovers = random.chance(65);
        let tracer_count = 1 + random.below(3);
        let host_count = 1 + random.below(tracer_count);
        let hosts: Vec<_> = (0..host_count).map(|_| HostPlan::new(random, recovers)).collect();
        let tracers = (0..tracer_count)
            .map(|n| {
                let host = if n < host_count { n } else { random.below(host_count) };
                TracerPlan::new(random, host, hosts[host].protocol, recovers)
            })
            .collect();
        let rounds = (0..2 + random.below(4)).map(|_| Round::new(random)).collect();
        let end = match random.below(10) {
            0..4 => End::Flush,
            4..6 => End::Shutdown(random.pick(&[ms(100), ms(400), ms(1500)])),
            6..8 => End::ShutdownBlocking(random.pick(&[ms(100), ms(400), ms(1500)])),
            _ => End::Drop,
        };
        let is_good_grpc = random.chance(50);
        Self { seed, hosts, tracers, is_good_grpc, rounds, end, recovers }
    }

    /// Returns the number of spans of each tracer.
    pub(crate) fn spans(&self) -> usize {
        self.rounds.iter().map(|round| round.spans).sum()
    }
}

impl Round {
    fn new(random: &mut Random) -> Self {
        Self {
            spans: 1 + random.below(30),
            wait: ms(random.pick(&[0, 5, 20, 50, 150])),
            flush: random.chance(15).then(|| random.pick(&[ms(1), ms(100), ms(300)])),
        }
    }
}

impl TracerPlan {
    fn new(random: &mut Random, host: usize, protocol: HostProtocol, recovers: bool) -> Self {
        let queue = if recovers { 2048 } else { random.pick(&[5, 20, 100, 2048]) };
        let export_timeout = if recovers { ms(120_000) } else { ms(random.pick(&[150, 500, 1500, 120_000])) };
        Self {
            host,
            json: !protocol.is_grpc() && random.chance(30),
            gzip: random.chance(40),
            batch: random.pick(&[1, 5, 16, 64, 512]).max(queue.min(5)).min(queue),
            queue,
            exports: random.pick(&[1, 1, 2, 4]),
            delay: ms(random.pick(&[0, 5, 20, 60])),
            // a body that is not read moves to another connection after 1 s
            request_timeout: ms(if random.chance(4) { 2500 } else { random.pick(&[400, 500, 700]) }),
            export_timeout,
            retries: if recovers { 1000 } else { random.pick(&[0, 1, 3, 1000]) },
            text: random.pick(&[0, 10, 300, 3000]),
        }
    }
}

impl HostPlan {
    fn new(random: &mut Random, recovers: bool) -> Self {
        let protocol = random.pick(&[
            HostProtocol::Http,
            HostProtocol::Http,
            HostProtocol::Grpc,
            HostProtocol::Grpc,
            HostProtocol::HttpOverTls,
            HostProtocol::Http2OverTls,
            HostProtocol::GrpcOverTls,
        ]);
        let name = match random.below(20) {
            0 if !recovers => "collector.invalid",
            // the first address of this name may refuse connections
            1..8 => "localhost",
            _ if protocol.is_tls() => "localhost",
            _ => "127.0.0.1",
        };
        let connections = (0..1 + random.below(3))
            .map(|_| random.chance(55).then(|| connection_fault(random, protocol)))
            .collect();
        let mut requests: Vec<_> =
            (0..1 + random.below(5)).map(|_| request_fault(random, protocol)).collect();
        if recovers {
            requests.retain(|fault| !fault.is_endless());
        }
        let is_endless = !recovers && random.chance(40);
        Self { protocol, name, connections, requests, is_endless, responds_itself: random.chance(50) }
    }
}

fn connection_fault(random: &mut Random, protocol: HostProtocol) -> ConnectionFault {
    loop {
        let fault = match random.below(10) {
            0..4 if protocol.is_tls() => random.pick(&ConnectionFault::TLS),
            4..7 if protocol.is_http2() => random.pick(&ConnectionFault::HTTP2),
            0 if !protocol.is_tls() => ConnectionFault::TlsOnPlainPort,
            _ => random.pick(&ConnectionFault::ALL),
        };
        if fault != ConnectionFault::AnswerFirst || !protocol.is_http2() {
            return fault;
        }
    }
}

fn request_fault(random: &mut Random, protocol: HostProtocol) -> RequestFault {
    match (protocol.is_http2(), protocol.is_grpc(), random.chance(50)) {
        (false, _, true) => RequestFault::Http1(random.pick(&Http1Fault::ALL)),
        (true, _, true) => RequestFault::Http2(random.pick(&Http2Fault::ALL)),
        (_, true, _) => RequestFault::Grpc(random.pick(&GrpcFault::ALL)),
        (_, false, _) => RequestFault::Http(random.pick(&HttpFault::ALL)),
    }
}
