//! Servers under hostile load: each span in its project, each trace whole, and no orphan.
//!
//! The clients pipeline requests, open many streams, forge headers and disconnect. The handlers
//! spawn, hang and panic, while tracers are switched and reloaded. `MULTITRACER_TEST_REQUESTS` sets
//! the number of requests for each protocol:
//! `MULTITRACER_TEST_REQUESTS=200000 cargo test -p multitracer-tests --test servers -- --nocapture`
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "prints its counts")]

mod server_load;

use std::time::{Duration, Instant};

use multitracer_tests::Receiver;

use self::server_load::board::TRACERS;
use self::server_load::check::{Summary, check};
use self::server_load::rounds::{Load, Protocol, assert_no_violations};
use self::server_load::seen::Seen;
use self::server_load::world::{RATES, Target, World};

/// The pause between two switches or reloads.
const PAUSE: Duration = Duration::from_millis(8);

/// Returns the number of requests that the environment asks for, else `default`.
fn requests(default: u64) -> u64 {
    let asked = std::env::var("MULTITRACER_TEST_REQUESTS").ok();
    asked.and_then(|requests| requests.parse().ok()).unwrap_or(default)
}

/// Sends rounds of requests, and checks the spans in memory after each.
async fn load(protocol: Protocol, requests: u64, pause: Option<Duration>) -> Summary {
    let world = World::new(Target::Memory);
    let mut load = Load::start(&world, protocol).await;
    let (started, mut shown) = (Instant::now(), Instant::now());
    let (mut total, mut changes) = (Summary::default(), 0);
    while load.sent() < requests {
        changes += load.round(pause).await;
        total.add(load.check());
        assert_no_violations(&total);
        if shown.elapsed() > Duration::from_secs(5) {
            shown = Instant::now();
            println!("{protocol:?}: {} requests, {} spans, {changes} changes", load.sent(), total.spans);
        }
    }
    let report = world.registry.shutdown().await.unwrap();
    let sum = |count: fn(&multitracer::export::TracerReport) -> u64| {
        report.tracers().iter().map(count).sum::<u64>()
    };
    let exported = sum(|line| line.exported);
    let not_exported = sum(|line| line.sampled_out) + sum(|line| line.dropped.throttled);
    assert_eq!(sum(|line| line.started), exported + not_exported, "{report}");
    assert_eq!(exported, total.spans as u64, "{report}");
    println!(
        "{protocol:?}: {} requests, {changes} switches and reloads, {} spans, {} groups checked span by span, \
         {} switched meanwhile, {:?}",
        load.sent(),
        total.spans,
        total.exact,
        total.switched,
        started.elapsed()
    );
    total
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn http_requests_keep_their_project_while_tracers_are_switched_and_reloaded() {
    load(Protocol::Http, requests(1_000), Some(PAUSE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn grpc_calls_keep_their_project_while_tracers_are_switched_and_reloaded() {
    load(Protocol::Grpc, requests(1_000), Some(PAUSE)).await;
}

#[tokio::test]
async fn traces_are_whole_and_sampled_at_their_rates_on_one_thread() {
    let mut total = load(Protocol::Http, 1_000, None).await;
    total.add(load(Protocol::Grpc, 1_000, None).await);
    assert_eq!(total.switched, 0);
    for ((tracer, rate), (kept, all)) in TRACERS.iter().zip(RATES).zip(total.sampled) {
        let Some(rate) = rate else { continue };
        let (expected, deviation) = (rate * all as f64, (rate * (1.0 - rate) * all as f64).sqrt());
        let off = (kept as f64 - expected).abs();
        assert!(off <= 5.0 * deviation, "{tracer}: {kept} of {all} traces are not a share of {rate}");
    }
}

/// Sends two rounds, whose spans reach a receiver over OTLP.
async fn over_the_wire(receiver: &Receiver, target: Target, protocol: Protocol) {
    let world = World::new(target);
    let mut load = Load::start(&world, protocol).await;
    for _ in 0..2 {
        load.round(Some(PAUSE)).await;
    }
    let report = world.registry.shutdown().await.unwrap();
    let spans: Vec<_> = receiver.spans().iter().map(Seen::from_received).collect();
    let exported: u64 = report.tracers().iter().map(|tracer| tracer.exported).sum();
    assert_eq!(spans.len() as u64, exported, "{report}");
    assert_no_violations(&check(&world.board.take(), &spans));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_requests_arrive_in_their_projects_over_otlp_http() {
    let receiver = Receiver::start().await.unwrap();
    over_the_wire(&receiver, Target::OtlpHttp(receiver.http_endpoint()), Protocol::Http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_calls_arrive_in_their_projects_over_otlp_grpc() {
    let receiver = Receiver::start().await.unwrap();
    over_the_wire(&receiver, Target::OtlpGrpc(receiver.grpc_endpoint()), Protocol::Grpc).await;
}
