//! Random programs of calls, run on spans of the OpenTelemetry SDK and on ours with the same
//! settings. Both must see, record and count the same.
//!
//! `MULTITRACER_DIFFERENTIAL_CASES` sets the number of programs, `MULTITRACER_DIFFERENTIAL_SEED`
//! the seed.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod differential;
mod random;
mod span_calls;

use std::collections::HashMap;
use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use self::differential::{World, check, generate, shrink};
use self::random::Random;

/// The programs of a usual run: half from a fixed seed, half from the clock.
const CASES: u64 = 2_000;
const THREADS: u64 = 2;

#[derive(Debug, Default)]
struct Totals {
    spans: AtomicUsize,
    questions: AtomicUsize,
    deviations: Mutex<Vec<String>>,
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// Checks every second program from `first` on, until one deviates.
fn check_programs(seed: u64, cases: u64, first: u64, totals: &Totals) {
    let mut worlds: HashMap<u64, World> = HashMap::new();
    let base = Random::new(seed).next();
    let mut at = first;
    while at < cases && totals.deviations.lock().unwrap().is_empty() {
        let case = Random::new(base.wrapping_add(at)).next();
        let program = generate(case);
        let world = worlds.entry(program.world).or_insert_with(|| World::new(program.world));
        let outcome = check(&program, world);
        totals.spans.fetch_add(outcome.spans, Ordering::Relaxed);
        totals.questions.fetch_add(outcome.questions, Ordering::Relaxed);
        if outcome.deviations.is_some() {
            let (smallest, text) = shrink(&program, world);
            let settings = &world.settings;
            let text = format!("seed {seed}, case {case}: {smallest}{text}{settings:#?}\n");
            totals.deviations.lock().unwrap().push(text);
        }
        at += THREADS;
    }
}

#[expect(clippy::print_stdout, reason = "the size of the run")]
fn run_programs(seed: u64, cases: u64) {
    let totals = Totals::default();
    thread::scope(|scope| {
        for first in 0..THREADS {
            let totals = &totals;
            scope.spawn(move || check_programs(seed, cases, first, totals));
        }
    });
    let (spans, questions) = (totals.spans.into_inner(), totals.questions.into_inner());
    println!("seed {seed}: {cases} programs, {spans} spans, {questions} questions to samplers");
    let deviations = totals.deviations.into_inner().unwrap();
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
}

#[test]
fn our_spans_are_the_spans_of_the_sdk() {
    let from_clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    let cases = number("MULTITRACER_DIFFERENTIAL_CASES").unwrap_or(CASES);
    match number("MULTITRACER_DIFFERENTIAL_SEED") {
        Some(seed) => run_programs(seed, cases),
        None => {
            run_programs(1, cases / 2);
            run_programs(from_clock(), cases - cases / 2);
        }
    }
}
