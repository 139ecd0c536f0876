//! Mutated configurations and requests, which cause no panic, no hang and no excess of memory.
//!
//! By default, the test runs a few thousand rounds from a fixed seed. To run longer, from a new
//! seed:
//!
//! ```text
//! MULTITRACER_FUZZ_SECONDS=600 cargo test --release -p multitracer-tests --test config_fuzz -- \
//!     --nocapture
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic, and a long run prints its counts"
)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::export::InMemoryExporter;

/// Rounds of a run without a time limit.
const ROUNDS: u64 = 3000;
/// The time after which an input counts as hanging. It is long, because tests are not optimised and
/// machines are busy.
const HANG: Duration = Duration::from_secs(30);
/// The limit of resident memory in KiB.
const MAX_MEMORY: u64 = 1 << 20;
/// The limit of an input in characters; the loader refuses longer files.
const MAX_INPUT: usize = 1 << 16;

/// Words that the configuration knows, and characters that break YAML.
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

/// A small generator of random numbers, xorshift64*. A seed repeats a run.
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

/// The texts of all files.
struct Corpus {
    /// Good files first, then broken files.
    texts: Vec<Vec<char>>,
    good: usize,
}

/// Reads all files.
fn corpus() -> Corpus {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).unwrap().chars().collect();
    let folder = |name: &str| {
        let files = fs::read_dir(root.join("configs").join(name)).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
        paths.sort();
        paths
    };
    let mut texts = vec![read(&root.join("../config.example.yaml"))];
    texts.extend(folder("good").iter().map(|path| read(path)));
    let good = texts.len();
    texts.extend(folder("broken").iter().map(|path| read(path)));
    Corpus { texts, good }
}

/// Returns a mutated file. Most start from a good file.
fn mutate(random: &mut Random, corpus: &Corpus) -> Vec<char> {
    let from = if random.below(4) == 0 { corpus.texts.len() } else { corpus.good };
    let mut text = corpus.texts[random.below(from)].clone();
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
                let other = &corpus.texts[random.below(corpus.texts.len())];
                let from = random.below(other.len());
                let to = (from + random.below(200)).min(other.len());
                drop(text.splice(at..end, other[from..to].iter().copied()));
            }
            7.. => {
                // a word or number in place of another is the mutation that most often stays valid
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
                // a copy of a line at another place
                let lines: Vec<&[char]> = text.split(|c| *c == '\n').collect();
                let mut line = lines[random.below(lines.len())].to_vec();
                line.push('\n');
                drop(text.splice(at..at, line));
            }
        }
        text.truncate(MAX_INPUT);
    }
    text
}

/// The input of the current round, which the watchdog prints if the round hangs.
#[derive(Default)]
struct Progress {
    input: Mutex<Option<(Instant, String)>>,
    done: AtomicBool,
}

/// The counts of a run.
#[derive(Default)]
struct Counts {
    rounds: u64,
    loaded: u64,
    routed: u64,
    slowest: Duration,
}

#[test]
fn mutated_configurations_cause_no_panic_and_no_hang() {
    let seconds: Option<u64> =
        std::env::var("MULTITRACER_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let seed = match seconds {
        None => 0x5eed,
        Some(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1,
    };
    let progress = Arc::new(Progress::default());
    let watched = Arc::clone(&progress);
    let watchdog = std::thread::spawn(move || watch(&watched));
    let (mut random, corpus, mut counts) = (Random(seed), corpus(), Counts::default());
    let start = Instant::now();
    loop {
        let is_over = match seconds {
            None => counts.rounds == ROUNDS,
            Some(seconds) => start.elapsed() >= Duration::from_secs(seconds),
        };
        if is_over {
            break;
        }
        let text: String = mutate(&mut random, &corpus).into_iter().collect();
        let began = Instant::now();
        *progress.input.lock().unwrap() = Some((began, text.clone()));
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| round(&mut random, &text, &mut counts)));
        if let Err(panic) = outcome {
            println!("seed {seed}, round {}, input:\n{text}", counts.rounds);
            std::panic::resume_unwind(panic);
        }
        counts.slowest = counts.slowest.max(began.elapsed());
        counts.rounds += 1;
    }
    progress.done.store(true, Ordering::Release);
    watchdog.join().unwrap();
    let Counts { rounds, loaded, routed, slowest } = counts;
    println!(
        "seed {seed}: {rounds} inputs, {loaded} loaded, {routed} routed, slowest {slowest:?}, peak {} KiB",
        peak()
    );
    assert!(
        loaded > rounds / 100,
        "only {loaded} of {rounds} inputs load, which is too few to test anything"
    );
    assert!(peak() < MAX_MEMORY, "{} KiB", peak());
}

/// Ends the process if a round takes longer than [`HANG`].
fn watch(progress: &Progress) {
    while !progress.done.load(Ordering::Acquire) {
        std::thread::sleep(Duration::from_millis(50));
        let input = progress.input.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((began, text)) = &*input
            && began.elapsed() > HANG
        {
            println!("hangs:\n{text}");
            std::process::exit(101);
        }
    }
}

/// Returns the peak of resident memory in KiB, or zero where the system does not report it.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Loads `text`, builds a registry from it, and routes a few requests.
fn round(random: &mut Random, text: &str, counts: &mut Counts) {
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
    // a file that loads with variables has a valid structure without them
    assert!(structure.is_ok(), "{}", structure.unwrap_err());
    counts.loaded += 1;
    let effective = config.effective().to_string();
    let again = Config::loader().variables(|_: &str| None).load_yaml(&effective);
    let again = again.unwrap_or_else(|error| unreachable!("{error}\n{effective}"));
    assert_eq!(again.effective().to_string(), effective);
    for warning in config.warnings() {
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
        // the explanation tries the rules one by one, and must agree with the router
        let last = explained.rules().iter().find(|rule| rule.matched());
        assert_eq!(last.map(|rule| rule.route()), route.name());
        assert!(registry.tracer(route.tracer().name()).is_ok());
        if let Some(assignment) = route.assignment() {
            let experiment = registry.experiment(assignment.experiment()).unwrap();
            let total: u64 = experiment.weights().map(u64::from).sum();
            assert!(u64::from(assignment.bucket()) < total);
        }
        counts.routed += 1;
    }
}
