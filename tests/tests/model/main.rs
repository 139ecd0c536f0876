//! Random programs, whose spans are held against an oracle that is written from
//! `docs/semantics.md` alone.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod calls;
mod compare;
mod context;
mod contexts;
mod functions;
mod futures;
mod generate;
mod oracle;
mod program;
#[path = "../random/mod.rs"]
mod random;
mod rules;
mod run;
mod shrink;
mod surroundings;
mod threads;
mod valid;
mod world;

use std::collections::HashMap;
use std::env;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::generate::generate;
use self::random::Random;
use self::world::{Installed, WORLDS, World};

/// The programs of a usual run from the fixed seed, and as many from the clock.
const PROGRAMS: u64 = 8_000;
const THREADS: u64 = 2;

/// The world whose first registry a process installs. Such a process runs programs on one thread.
const INSTALLED: &str = "MULTITRACER_MODEL_INSTALLED";

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
fn check_programs(run: &Run, first: u64, totals: &Totals) {
    let mut worlds: HashMap<u64, World> = HashMap::new();
    let installed = run.installed.as_ref();
    let mut world = |number| worlds.entry(number).or_insert_with(|| World::new(number, installed)).clone();
    let base = Random::new(run.seed).next();
    let mut at = first;
    while at < run.programs && totals.deviations.lock().unwrap().len() < run.limit {
        let seed = Random::new(base.wrapping_add(at)).next();
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
        at += run.threads();
    }
}

/// A run of many programs.
#[derive(Debug)]
struct Run {
    seed: u64,
    programs: u64,
    /// The number of deviations that end the run.
    limit: usize,
    is_long: bool,
    installed: Option<Installed>,
}

impl Run {
    fn threads(&self) -> u64 {
        if self.installed.is_some() { 1 } else { THREADS }
    }
}

fn run_programs(run: &Run) {
    let totals = Totals::default();
    let start = Instant::now();
    thread::scope(|scope| {
        let totals = &totals;
        let threads: Vec<_> =
            (0..run.threads()).map(|first| scope.spawn(move || check_programs(run, first, totals))).collect();
        let mut next = Duration::from_secs(5);
        while run.is_long && !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(100));
            if start.elapsed() > next {
                next += Duration::from_secs(5);
                show(run.seed, totals, start);
            }
        }
    });
    show(run.seed, &totals, start);
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
    let (programs, seed) = (number("MULTITRACER_MODEL_PROGRAMS"), number("MULTITRACER_MODEL_SEED"));
    let mut run = Run {
        seed: 1,
        programs: programs.unwrap_or(PROGRAMS),
        limit: number("MULTITRACER_MODEL_DEVIATIONS").map_or(1, |limit| limit as usize),
        is_long: programs.is_some(),
        installed: number(INSTALLED).map(Installed::new),
    };
    if programs.is_none() && seed.is_none() {
        run_programs(&run);
    }
    run.seed = seed.unwrap_or_else(from_clock);
    run_programs(&run);
}

/// A registry is installed once in a process, so each of these worlds has a process of its own.
#[test]
fn random_programs_follow_the_page_under_an_installed_registry() {
    if env::var_os(INSTALLED).is_some() {
        return;
    }
    for world in ["0", "2", "17"] {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["random_programs_follow_the_page", "--exact", "--nocapture"]).env(INSTALLED, world);
        if env::var_os("MULTITRACER_MODEL_PROGRAMS").is_none() {
            child.env("MULTITRACER_MODEL_PROGRAMS", "3000");
        }
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "world {world}\n{text}");
    }
}
