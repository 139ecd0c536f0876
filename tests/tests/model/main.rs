//! Random programs, whose spans are held against an oracle that is written from
//! `docs/semantics.md` alone.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod compare;
mod context;
mod functions;
mod futures;
mod generate;
mod oracle;
mod program;
mod rules;
mod run;
mod shrink;
mod threads;
mod valid;
mod world;

use std::collections::HashMap;
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::generate::{Random, generate};
use self::world::{WORLDS, World};

/// The programs of a usual run from the fixed seed, and as many from the clock.
const PROGRAMS: u64 = 4_000;
const THREADS: u64 = 2;

#[derive(Debug, Default)]
struct Totals {
    programs: AtomicU64,
    spans: AtomicUsize,
    deviations: Mutex<Vec<String>>,
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Checks every second program from `first` on, until enough programs deviate.
fn check_programs(seed: u64, first: u64, end: u64, limit: usize, totals: &Totals) {
    let mut worlds: HashMap<u64, World> = HashMap::new();
    let mut world = |number| worlds.entry(number).or_insert_with(|| World::new(number)).clone();
    let mut at = first;
    while at < end && totals.deviations.lock().unwrap().len() < limit {
        let seed = Random::new(seed.wrapping_add(at)).next();
        let program = generate(seed, WORLDS);
        debug_assert!(valid::is_valid(&program), "{program}");
        let outcome = compare::check(&program, &world(program.world));
        totals.spans.fetch_add(outcome.spans, Ordering::Relaxed);
        totals.programs.fetch_add(1, Ordering::Relaxed);
        if outcome.deviations.is_some() {
            let (smallest, text) = shrink::shrink(&program, &mut world);
            let settings = &world(smallest.world).settings;
            let text = format!("seed {seed}: {smallest}{text}{settings:?}\n");
            totals.deviations.lock().unwrap().push(text);
        }
        at += THREADS;
    }
}

fn run_programs(seed: u64, programs: u64, limit: usize, is_long: bool) {
    let totals = Totals::default();
    let start = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                scope.spawn({
                    let totals = &totals;
                    move || check_programs(seed, first, programs, limit, totals)
                })
            })
            .collect();
        let mut next = Duration::from_secs(5);
        while is_long && !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(100));
            if start.elapsed() > next {
                next += Duration::from_secs(5);
                show(seed, &totals, start);
            }
        }
    });
    show(seed, &totals, start);
    let deviations = totals.deviations.lock().unwrap();
    assert!(deviations.is_empty(), "{} programs deviate\n{}", deviations.len(), deviations.join("\n"));
}

#[expect(clippy::print_stdout, reason = "the progress of a long run")]
fn show(seed: u64, totals: &Totals, start: Instant) {
    println!(
        "seed {seed}: {} programs, {} spans, {} deviations in {:.1} s",
        totals.programs.load(Ordering::Relaxed),
        totals.spans.load(Ordering::Relaxed),
        totals.deviations.lock().unwrap().len(),
        start.elapsed().as_secs_f64()
    );
}

#[test]
fn random_programs_follow_the_page() {
    let from_clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    let programs = number("MULTITRACER_MODEL_PROGRAMS");
    let limit = number("MULTITRACER_MODEL_DEVIATIONS").map_or(1, |limit| limit as usize);
    let seed = number("MULTITRACER_MODEL_SEED");
    if programs.is_none() && seed.is_none() {
        run_programs(1, PROGRAMS, limit, false);
    }
    run_programs(seed.unwrap_or_else(from_clock), programs.unwrap_or(PROGRAMS), limit, programs.is_some());
}
