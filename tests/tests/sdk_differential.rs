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

use self::differential::{WORLDS, World, check_case, compare};
use self::random::Random;

/// The programs of a usual run: half from a fixed seed, half from the clock.
const CASES: u64 = 2_000;
const THREADS: u64 = 2;

#[derive(Debug, Default)]
struct Totals {
    spans: AtomicUsize,
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
        let mut random = Random::new(base.wrapping_add(at));
        let number = random.next() % WORLDS;
        let world = worlds.entry(number).or_insert_with(|| World::new(number, |tracer| tracer));
        let outcome = check_case(random.next(), world);
        totals.spans.fetch_add(outcome.spans, Ordering::Relaxed);
        if let Some(text) = outcome.deviations {
            totals.deviations.lock().unwrap().push(format!("seed {seed}, world {number}, {text}"));
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
    let spans = totals.spans.into_inner();
    println!("seed {seed}: {cases} programs, {spans} spans");
    let deviations = totals.deviations.into_inner().unwrap();
    assert!(deviations.is_empty(), "{}", deviations.join("\n"));
    // a program without a span compares little
    assert!(spans as u64 >= cases, "{spans} spans");
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

#[test]
fn a_difference_is_written_with_both_values() {
    let mut text = String::new();
    compare(&mut text, "number", &[1, 2], &[1, 3, 4]);
    assert_eq!(
        text,
        "number: 2 here, 3 of the SDK\nnumber 1 differs\n  ours:    2\n  the SDK: 3\nnumber 2 differs\n  \
         the SDK: 4\n"
    );
    let mut text = String::new();
    compare(&mut text, "list", &[vec![Some((1, 2))]], &[vec![Some((1, 3))]]);
    assert_eq!(
        text,
        "list 0 differs\n  in [ Some( (\n  ours:                2,\n  the SDK:             3,\n"
    );
}
