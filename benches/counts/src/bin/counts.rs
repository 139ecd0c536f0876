//! Counts instructions and allocations of the hot paths, and compares them with a file.
//!
//! `benches/counts/run` builds this program and runs it. CONTRIBUTING.md describes the options.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the results are for a terminal")]

use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use multitracer_counts::{
    Allocations, Callgrind, Committed, Counts, Instructions, Meter, PATHS, Path, Versions, compare,
    start_receiver,
};
use serde_json::Value;

/// The options of the command line.
#[derive(Default)]
struct Options {
    /// Writes the file, and compares nothing.
    record: bool,
    /// Counts no instructions.
    allocations_only: bool,
    /// The file of counts.
    file: Option<PathBuf>,
    /// The one path to count.
    only: Option<String>,
    /// The path that runs in this process, under Callgrind.
    measure: Option<String>,
    batches: u64,
    endpoint: String,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { batches: 1, ..Self::default() };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` needs a value"));
            match &*argument {
                "--record" => options.record = true,
                "--allocations-only" => options.allocations_only = true,
                "--file" => options.file = Some(value()?.into()),
                "--only" => options.only = Some(value()?),
                "--measure" => options.measure = Some(value()?),
                "--batches" => {
                    let batches = value()?.parse();
                    options.batches = batches.map_err(|_| "`--batches` needs a number")?;
                }
                "--endpoint" => options.endpoint = value()?,
                other => return Err(format!("unknown option `{other}`")),
            }
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    let result = Options::parse(env::args().skip(1)).map_err(io::Error::other).and_then(run);
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns `true` unless a count has grown.
fn run(options: Options) -> io::Result<bool> {
    if let Some(name) = &options.measure {
        let path = Path::named(name).ok_or_else(|| io::Error::other(format!("no path `{name}`")))?;
        path.run(&mut Meter::new(options.batches, &mut |run| run()), &options.endpoint);
        return Ok(true);
    }
    let only = |path: &&Path| options.only.as_ref().is_none_or(|only| only == path.name);
    // the empty loop is part of no result
    let paths: Vec<Path> = PATHS.iter().skip(1).filter(only).copied().collect();
    let versions = Versions::here();
    let has_instructions = versions.has_valgrind() && !options.allocations_only;
    let endpoint = start_receiver()?;
    let allocations =
        paths.iter().map(|path| allocations(path, &endpoint)).collect::<io::Result<Vec<_>>>()?;
    let instructions =
        if has_instructions { instructions(&paths, &endpoint)? } else { vec![None; paths.len()] };
    let counts =
        paths.iter().zip(instructions).zip(allocations).map(|((path, instructions), allocations)| {
            (path.name.to_owned(), Counts { instructions, allocations: Some(allocations) })
        });
    let now = Committed { versions, paths: counts.collect() };

    let file =
        options.file.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/counts.json")));
    if options.record {
        now.write(&file)?;
        println!("recorded {}", file.display());
        return Ok(true);
    }
    let committed = Committed::read(&file)?;
    let (table, failures) = compare(&paths, &committed, &now);
    print!("{table}");
    explain(&committed.versions, &now.versions, has_instructions);
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    Ok(failures.is_empty())
}

/// Says which numbers were not compared, and why.
fn explain(committed: &Versions, now: &Versions, has_instructions: bool) {
    if !has_instructions {
        println!("instructions skipped: Valgrind is not installed, or was not wanted");
    } else if !now.has_compiler_of(committed) {
        let (old, new) = (&committed.rustc, &now.rustc);
        println!(
            "instructions not checked: the file is of Rust {old} for {}, this is {new} for {}",
            committed.target, now.target
        );
    } else if !now.has_system_of(committed) {
        println!(
            "instructions in system libraries not checked: the file is of {} and {}, this is {} and {}",
            committed.libc, committed.valgrind, now.libc, now.valgrind
        );
    }
}

/// Runs the program `allocations`, which has another allocator. Each path has a process of its own,
/// because a process installs one registry.
fn allocations(path: &Path, endpoint: &str) -> io::Result<Allocations> {
    let program = env::current_exe()?.with_file_name(format!("allocations{}", env::consts::EXE_SUFFIX));
    let output = Command::new(program).args([endpoint, path.name]).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let line: Value = serde_json::from_slice(&output.stdout)?;
    let number = |at: usize| line[at].as_f64().unwrap_or(f64::NAN);
    Ok(Allocations { count: number(1), bytes: number(2) })
}

/// Counts the instructions of all paths, on all processors.
fn instructions(paths: &[Path], endpoint: &str) -> io::Result<Vec<Option<Instructions>>> {
    let callgrind = Callgrind::new(endpoint)?;
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<io::Result<Option<Instructions>>>> =
        Mutex::new(paths.iter().map(|_| Ok(None)).collect());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(at) else { return };
                    let counted = callgrind.count(path).map(Some);
                    if let Ok(mut results) = results.lock()
                        && let Some(result) = results.get_mut(at)
                    {
                        *result = counted;
                    }
                }
            });
        }
    });
    results.into_inner().map_err(|_| io::Error::other("a thread panicked"))?.into_iter().collect()
}
