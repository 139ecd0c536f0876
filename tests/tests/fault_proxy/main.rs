//! Seeded faults between the exporters and their backends, over HTTP, gRPC, TLS and DNS.
//!
//! A seed chooses tracers with faults, the faults of each connection and request, the options of
//! the exporters, and the end. Everything that `docs/semantics.md` says about the counts holds for
//! each seed. `MULTITRACER_FAULT_SEEDS` is the number of seeds, `MULTITRACER_FAULT_SEED` the first.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and say what it found")]

mod answer;
mod check;
#[path = "../fault_support/mod.rs"]
#[expect(dead_code, reason = "this test uses the certificates")]
mod fault_support;
mod faults;
mod frames;
mod http1;
mod http2;
mod http2_answer;
mod ledger;
mod pipe;
mod plan;
mod ports;
mod proxy;
#[path = "../random/mod.rs"]
mod random;
mod run;
mod script;
mod stalls;
mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::plan::Plan;
use self::run::Run;
use self::tls::TlsServers;

/// The number of seeds at the same time.
const AT_A_TIME: u64 = 12;

/// The longest time of one seed.
const LONGEST: Duration = Duration::from_secs(120);

/// The number of seeds after which every kind of fault was chosen.
const ALL_KINDS: u64 = 200;

/// The seeds that are left, and what they found.
#[derive(Default)]
struct Seeds {
    next: AtomicU64,
    end: u64,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// The faults that took effect.
    used: BTreeMap<String, usize>,
    /// The seeds with what is wrong.
    failed: BTreeMap<u64, String>,
    slowest: (Duration, u64),
    /// The number of spans from each seed that went to another one.
    strangers: BTreeMap<(u64, u64), usize>,
    /// The number of responses, and of those whose effect the client knows for sure.
    responses: (usize, usize),
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn no_seed_of_faults_breaks_the_counts_or_the_good_tracer() {
    let first = number("MULTITRACER_FAULT_SEED", 0);
    let count = number("MULTITRACER_FAULT_SEEDS", 200);
    let started = Instant::now();
    let panics = note_panics();
    let tls = Arc::new(TlsServers::new());
    let seeds = Arc::new(Seeds { next: first.into(), end: first + count, ..Seeds::default() });
    let workers: Vec<_> = (0..AT_A_TIME.min(count))
        .map(|_| {
            let (seeds, tls) = (Arc::clone(&seeds), Arc::clone(&tls));
            std::thread::spawn(move || seeds.work(&tls))
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    let _ = panic::take_hook();
    let found = std::mem::take(&mut *seeds.found.lock().unwrap());
    println!(
        "{count} seeds from {first} in {:.1?}; {} kinds of fault, {} faults; {} requests, {} of them certain; \
         {} spans of other seeds; {} stalls of the machine; the slowest seed is {} ({:.1?})",
        started.elapsed(),
        found.used.len(),
        found.used.values().sum::<usize>(),
        found.responses.0,
        found.responses.1,
        found.strangers.values().sum::<usize>(),
        stalls::count(),
        found.slowest.1,
        found.slowest.0,
    );
    if count == 1 {
        println!("{:#?}\n{:?}", Plan::new(first), found.used);
    }
    for ((from, to), spans) in &found.strangers {
        println!("{spans} spans of seed {from} arrived at seed {to}, which has an old port of it");
    }
    for (seed, wrong) in &found.failed {
        println!(
            "\nseed {seed}: {wrong}\n\nRun it again:\nMULTITRACER_FAULT_SEED={seed} MULTITRACER_FAULT_SEEDS=1 \
             cargo test -p multitracer-tests --test fault_proxy -- --nocapture\n"
        );
    }
    let failed: Vec<_> = found.failed.keys().collect();
    assert!(failed.is_empty(), "{} of {count} seeds failed: {failed:?}", failed.len());
    let panics = panics.lock().unwrap();
    assert!(panics.is_empty(), "{panics:#?}");
    assert_eq!(threads_after(Duration::from_secs(10)), Vec::<String>::new(), "threads that are left");
    if count >= ALL_KINDS {
        assert!(found.used.len() >= 60, "{} kinds of fault: {:?}", found.used.len(), found.used);
    }
}

#[test]
fn a_seed_chooses_the_same_plan_again() {
    let kinds: BTreeSet<String> = (0..ALL_KINDS)
        .map(Plan::new)
        .inspect(|plan| assert_eq!(*plan, Plan::new(plan.seed)))
        .flat_map(|plan| plan.hosts)
        .flat_map(|host| {
            let connections = host.connections.into_iter().flatten().map(|fault| format!("{fault:?}"));
            connections.chain(host.requests.into_iter().map(|fault| format!("{fault:?}"))).collect::<Vec<_>>()
        })
        .collect();
    println!("{} kinds of fault", kinds.len());
    assert!(kinds.len() >= 120, "{} kinds of fault: {kinds:?}", kinds.len());
}

impl Seeds {
    fn work(&self, tls: &Arc<TlsServers>) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                return;
            }
            let started = Instant::now();
            let plan = Plan::new(seed);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let ran = runtime.block_on(async { tokio::time::timeout(LONGEST, Run::new(&plan, tls)).await });
            let mut found = self.found.lock().unwrap();
            let wrong = match ran {
                Ok(Ok(run)) => {
                    for proxy in &run.proxies {
                        let state = proxy.shared.ledger.state();
                        for (fault, times) in &state.used {
                            *found.used.entry(fault.clone()).or_default() += times;
                        }
                        found.responses.0 += state.entries.len();
                        found.responses.1 += state.entries.iter().filter(|entry| entry.is_certain()).count();
                    }
                    for (from, spans) in &run.strangers {
                        *found.strangers.entry((*from, seed)).or_default() += spans;
                    }
                    run.wrong
                }
                Ok(Err(error)) => vec![format!("the run broke: {error}")],
                Err(_) => vec![format!("the run took longer than {LONGEST:?}")],
            };
            if !wrong.is_empty() {
                found.failed.insert(seed, format!("{}\n{plan:#?}", wrong.join("\n")));
            }
            found.slowest = found.slowest.max((started.elapsed(), seed));
        }
    }
}

/// Notes the panics of all threads from now on.
fn note_panics() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::<Mutex<Vec<String>>>::default();
    let notes = Arc::clone(&panics);
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        notes.lock().unwrap().push(format!("{}: {info}", thread.name().unwrap_or("a thread")));
        before(info);
    }));
    panics
}

/// Returns the threads of registries that are left after `limit`.
fn threads_after(limit: Duration) -> Vec<String> {
    let started = Instant::now();
    loop {
        // other systems do not show the names of threads
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        let names: Vec<_> = names.filter(|name| name.starts_with("multitracer")).collect();
        if names.is_empty() || started.elapsed() > limit {
            return names;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
