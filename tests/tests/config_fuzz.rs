//! Mutated configurations and requests: no panic, no hang, memory bounded, and what is taken means what it says.
//!
//! A few thousand by default, always the same. For longer, from another seed each time:
//!
//! ```text
//! MULTITRACER_FUZZ_SECONDS=600 cargo test --release -p multitracer-tests --test config_fuzz -- --nocapture
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and a long run says what it did"
)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::export::InMemoryExporter;

/// Rounds when no time is given.
const ROUNDS: u64 = 3000;
/// An input that takes longer than this hangs; tests are not optimised, and machines are busy.
const HANG: Duration = Duration::from_secs(30);
/// The most resident memory, in KiB.
const MOST_MEMORY: u64 = 1 << 20;
/// The longest input; the loader refuses what is longer anyway.
const LONGEST: usize = 1 << 16;

/// Words that mean something, and bytes that break something.
const WORDS: [&str; 72] = [
    "tracers",
    "defaults",
    "routes",
    "experiments",
    "exporter",
    "otlp_http",
    "otlp_grpc",
    "console",
    "endpoint",
    "headers",
    "headers_list",
    "api_key",
    "backend",
    "langfuse",
    "sampler",
    "sample_rate",
    "parent_based",
    "root",
    "rate_limited",
    "per_second",
    "trace_id_ratio_based",
    "ratio",
    "always_on",
    "limits",
    "batch",
    "max_queue_size",
    "resource",
    "attributes",
    "service",
    "project",
    "environment",
    "variants",
    "weight",
    "unit",
    "coverage",
    "fallback",
    "tracer",
    "experiment",
    "name",
    "value",
    "type",
    "regex",
    "prefix",
    "present",
    "default_tracer",
    ": ",
    ":\n",
    "\n  ",
    "\n- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "\"",
    "'",
    "|\n  x",
    "&a ",
    "*a",
    "!x ",
    "${A}",
    "${A:-b}",
    "$$",
    "${",
    "null",
    "0.5",
    "-1",
    "1e309",
    "é",
    "\t",
    "\u{feff}",
    "---\n",
];

/// A small generator, so that a seed says it all (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// All files, good ones first, and how many those are.
fn corpus() -> (Vec<Vec<char>>, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).unwrap().chars().collect();
    let folder = |name: &str| {
        let files = fs::read_dir(root.join("configs").join(name)).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
        paths.sort();
        paths
    };
    let mut corpus = vec![read(&root.join("../config.example.yaml"))];
    corpus.extend(folder("good").iter().map(|path| read(path)));
    let good = corpus.len();
    corpus.extend(folder("broken").iter().map(|path| read(path)));
    (corpus, good)
}

/// Good files come first in `corpus`.
fn mutate(random: &mut Random, corpus: &[Vec<char>], good: usize) -> Vec<char> {
    let from = if random.below(4) == 0 { corpus.len() } else { good };
    let mut text = corpus[random.below(from)].clone();
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(24)).min(text.len());
        match random.below(14) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..end, random.pick(&WORDS).chars())),
            2 => drop(text.splice(at..at, random.pick(&WORDS).chars())),
            3 => {
                let piece: Vec<char> = text[at..end].to_vec();
                let times = 1 << random.below(8);
                drop(text.splice(at..at, std::iter::repeat_n(piece, times).flatten()));
            }
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                let to = (from + random.below(200)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
            7.. => {
                // a word or a number in place of another: the likeliest to be taken
                let is_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
                let Some(from) = text.iter().skip(at).position(is_word).map(|found| at + found) else {
                    continue;
                };
                let to =
                    text.iter().skip(from).position(|c| !is_word(c)).map_or(text.len(), |found| from + found);
                let number = text[from].is_ascii_digit();
                let word = match (number, random.below(3)) {
                    (true, 0) => random.below(3).to_string(),
                    (true, _) => random.below(5000).to_string(),
                    (false, 0) => random.pick(&WORDS).to_owned(),
                    (false, _) => {
                        random.pick(&["a", "b", "main", "true", "console", "tone", "v_1"]).to_owned()
                    }
                };
                drop(text.splice(from..to, word.chars()));
            }
            5 => {
                if let Some(c) = text.get_mut(at) {
                    *c = char::from_u32(random.next() as u32 % 0x500).unwrap_or(' ');
                }
            }
            _ => {
                // a line as it is, elsewhere
                let lines: Vec<&[char]> = text.split(|c| *c == '\n').collect();
                let mut line = lines[random.below(lines.len())].to_vec();
                line.push('\n');
                drop(text.splice(at..at, line));
            }
        }
        text.truncate(LONGEST);
    }
    text
}

/// What is known of a round when it goes wrong.
#[derive(Default)]
struct Watched {
    input: Mutex<Option<(Instant, String)>>,
    done: AtomicBool,
}

/// What the rounds came to.
#[derive(Default)]
struct Tally {
    rounds: u64,
    taken: u64,
    routed: u64,
    slowest: Duration,
}

#[test]
fn mutated_configurations() {
    let seconds: Option<u64> =
        std::env::var("MULTITRACER_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let seed = match seconds {
        None => 0x5eed,
        Some(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1,
    };
    let watched = Arc::new(Watched::default());
    let dog = Arc::clone(&watched);
    let dog = std::thread::spawn(move || watch(&dog));
    let (mut random, (corpus, good), mut tally) = (Random(seed), corpus(), Tally::default());
    let start = Instant::now();
    loop {
        let over = match seconds {
            None => tally.rounds == ROUNDS,
            Some(seconds) => start.elapsed() >= Duration::from_secs(seconds),
        };
        if over {
            break;
        }
        let text: String = mutate(&mut random, &corpus, good).into_iter().collect();
        let began = Instant::now();
        *watched.input.lock().unwrap() = Some((began, text.clone()));
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| round(&mut random, &text, &mut tally)));
        if let Err(panic) = outcome {
            println!("seed {seed}, round {}, input:\n{text}", tally.rounds);
            std::panic::resume_unwind(panic);
        }
        tally.slowest = tally.slowest.max(began.elapsed());
        tally.rounds += 1;
    }
    watched.done.store(true, Ordering::Release);
    dog.join().unwrap();
    let Tally { rounds, taken, routed, slowest } = tally;
    println!(
        "seed {seed}: {rounds} inputs, {taken} taken, {routed} routed, slowest {slowest:?}, peak {} KiB",
        peak()
    );
    assert!(taken > rounds / 100, "too few are taken for the rest to say much: {taken} of {rounds}");
    assert!(peak() < MOST_MEMORY, "{} KiB", peak());
}

fn watch(watched: &Watched) {
    while !watched.done.load(Ordering::Acquire) {
        std::thread::sleep(Duration::from_millis(50));
        let input = watched.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((began, text)) = &*input
            && began.elapsed() > HANG
        {
            println!("hangs:\n{text}");
            std::process::exit(101);
        }
    }
}

/// The most resident memory so far, in KiB; zero where the system does not say.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn round(random: &mut Random, text: &str, tally: &mut Tally) {
    let variables = |name: &str| {
        (name.len() < 12)
            .then(|| if name.contains("KEY") { "k:s".to_owned() } else { format!("v-{name}${{A}}") })
    };
    let structure = Config::loader().check_yaml(text);
    let config = match Config::loader().variables(variables).load_yaml(text) {
        Ok(config) => config,
        Err(error) => {
            let shown = error.to_string();
            assert!(!error.diagnostics().is_empty() && shown.len() < 200_000);
            return;
        }
    };
    // What variables make right was right without them.
    assert!(structure.is_ok(), "{}", structure.unwrap_err());
    tally.taken += 1;
    let effective = config.effective().to_string();
    let again = Config::loader().variables(|_: &str| None).load_yaml(&effective);
    let again = again.unwrap_or_else(|error| unreachable!("{error}\n{effective}"));
    assert_eq!(again.effective().to_string(), effective);
    for warning in config.diagnostics() {
        assert!(warning.code().is_some() && !warning.render("f", true).to_string().is_empty());
    }
    let spans = InMemoryExporter::new();
    let registry =
        RegistryBuilder::from_config(config).map_tracers(|tracer| tracer.in_memory(&spans)).build();
    let registry = registry.unwrap();
    for _ in 0..4 {
        let headers: Vec<(String, String)> = (0..random.below(6))
            .map(|_| {
                let name =
                    random.pick(&["X-Canary-User", "x-plan", "X", "X-User-Id", "X-A", "x-c", "X-D", "é", ""]);
                let value = random.pick(&["true", "pro", "a", "b", "yes", "1", "", "\u{0}", "no more", "42"]);
                (name.to_owned(), value.to_owned())
            })
            .collect();
        let route = registry.route(&headers);
        let explained = registry.explain_route(&headers);
        assert_eq!(
            (route.name(), route.tracer().name()),
            (explained.route().name(), explained.route().tracer().name())
        );
        // The explanation, which tries the rules one by one, ends where the router does.
        let last = explained.rules().iter().find(|rule| rule.matched());
        assert_eq!(last.map(|rule| rule.route()), route.name());
        assert!(registry.tracer(route.tracer().name()).is_ok());
        if let Some(assignment) = route.assignment() {
            let experiment = registry.experiment(assignment.experiment()).unwrap();
            let total: u64 = experiment.weights().map(u64::from).sum();
            assert!(u64::from(assignment.bucket()) < total);
        }
        tally.routed += 1;
    }
}
