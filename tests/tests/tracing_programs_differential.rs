//! Random programs of calls on spans of `tracing`, run under the layer of tracing-opentelemetry and
//! under ours. Both must record the same.
//!
//! `MULTITRACER_DIFFERENTIAL_CASES` sets the number of programs, `MULTITRACER_DIFFERENTIAL_SEED`
//! the seed.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod random;
mod tracing_programs;

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use multitracer::subscriber::TracingOptions;
use multitracer::testing::TestRegistry;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::{Registry, reload};

use self::random::Random;
use self::tracing_programs::{Parts, run};

const CASES: u64 = 1_000;

/// The number of ways to add the layer.
const WORLDS: usize = 6;

/// A layer without work, so that spans which are hidden from the other layer exist.
struct Nothing;

impl<S: tracing::Subscriber> Layer<S> for Nothing {}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Returns the options of a world, for both layers.
fn options(world: usize) -> (TracingOptions, [bool; 5]) {
    let [location, threads, level, target, inactivity] = match world {
        0..=2 => [true, true, false, true, true],
        3 => [false, false, true, true, false],
        4 => [true, false, true, false, true],
        _ => [false, true, false, false, false],
    };
    let ours = TracingOptions::new()
        .location(location)
        .threads(threads)
        .level(level)
        .target(target)
        .inactivity(inactivity);
    (ours, [location, threads, level, target, inactivity])
}

/// Runs a program under a layer. Returns the answers of the interfaces that it called.
fn run_under(layer: impl Layer<Registry> + Send + Sync, world: usize, seed: u64) -> Vec<String> {
    let registry = tracing_subscriber::registry();
    let program = || run(seed);
    match world {
        1 => {
            let hidden: Boxed = Box::new(layer.with_filter(LevelFilter::INFO));
            tracing::subscriber::with_default(registry.with(hidden.and_then(Nothing)), program)
        }
        2 => {
            let (layer, _handle) = reload::Layer::new(layer);
            tracing::subscriber::with_default(registry.with(layer), program)
        }
        4 => tracing::subscriber::with_default(registry.with(Some(layer)).with(Nothing), program),
        _ => tracing::subscriber::with_default(registry.with(layer), program),
    }
}

fn check(seed: u64) -> usize {
    let world = (seed % WORLDS as u64) as usize;
    let (options, [location, threads, level, target, inactivity]) = options(world);
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    let theirs = OpenTelemetryLayer::new(provider.tracer("theirs"))
        .with_location(location)
        .with_threads(threads)
        .with_level(level)
        .with_target(target)
        .with_tracked_inactivity(inactivity);
    let their_answers = run_under(theirs, world, seed);
    let theirs = Parts::of_all(&exporter.get_finished_spans().unwrap());

    let test = TestRegistry::new(["production"]);
    let our_answers = run_under(test.registry().tracing_layer_with(options), world, seed);
    let ours = Parts::of_all(&test.spans("production"));

    for (of_us, of_them) in ours.iter().zip(&theirs) {
        assert_eq!(of_us, of_them, "ours and theirs, seed {seed}, world {world}");
    }
    assert_eq!(ours.len(), theirs.len(), "seed {seed}, world {world}");
    assert_eq!(our_answers, their_answers, "seed {seed}, world {world}");
    ours.len()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
#[expect(clippy::print_stdout, reason = "the size of the run")]
fn our_layer_records_what_tracing_opentelemetry_records() {
    if let Some(seed) = number("MULTITRACER_DIFFERENTIAL_SEED") {
        check(seed);
        return;
    }
    let cases = number("MULTITRACER_DIFFERENTIAL_CASES").unwrap_or(CASES);
    let from_clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let mut random = Random::new(from_clock);
    let seeds = (0..cases / 2).chain((0..cases - cases / 2).map(|_| random.next()));
    let spans: usize = seeds.map(check).sum();
    println!("{cases} programs, {spans} spans");
    assert!(spans as u64 >= cases, "a program without a span compares little");
}
