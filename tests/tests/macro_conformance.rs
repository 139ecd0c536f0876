//! Tests that `#[traced]` changes nothing that rustc or clippy reports about a function.
//!
//! The files in `cases/` become the modules of one crate. The tests compile it with `#[traced]` and
//! with an attribute that does nothing, in every edition, and compare the messages line by line.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::SystemTime;

/// The start of a line with the editions of a case: `// editions: 2021 2024`.
const EDITIONS: &str = "// editions:";

/// The messages of a compiler with their counts.
type Messages = BTreeMap<Message, usize>;

/// The parts of a message that must not depend on `#[traced]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    file: String,
    line: u64,
    lint: String,
    text: String,
}

/// A run of a compiler over all cases.
#[derive(Clone, Copy)]
struct Job {
    compiler: &'static str,
    edition: &'static str,
    traced: bool,
}

#[test]
fn rustc_reports_the_same() {
    let work = Workspace::new("rustc");
    let editions = ["2018", "2021", "2024"];
    thread::scope(|scope| {
        let jobs: Vec<_> = editions
            .map(|edition| {
                let work = &work;
                scope.spawn(move || {
                    // plain first, because its errors are errors of the cases
                    let [plain, traced] =
                        [false, true].map(|traced| work.compile(Job { compiler: "rustc", edition, traced }));
                    assert!(plain.values().sum::<usize>() > 20, "the cases contain warnings on purpose");
                    let differences = differences(&plain, &traced);
                    assert!(differences.is_empty(), "edition {edition}:\n{differences}");
                })
            })
            .into_iter()
            .collect();
        for job in jobs {
            job.join().unwrap();
        }
    });
}

#[test]
fn the_drop_order_is_the_same() {
    let work = Workspace::new("drop_order");
    let source = std::fs::read_to_string(work.support.join("drop_order.rs")).unwrap();
    for edition in ["2021", "2024"] {
        let [plain, traced] = ["identity", "multitracer"].map(|attribute| {
            let root = work.directory.join(format!("drop_order_{edition}_{attribute}.rs"));
            let program = root.with_extension(std::env::consts::EXE_EXTENSION);
            std::fs::write(&root, source.replace("use attribute::", &format!("use {attribute}::"))).unwrap();
            let mut command = work.compiler("rustc", edition);
            assert!(command.arg("-o").args([&program, &root]).status().unwrap().success());
            let output = Command::new(program).output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        });
        assert_eq!(plain.lines().count(), 11);
        assert_eq!(plain, traced, "edition {edition}");
    }
}

#[test]
fn clippy_reports_nothing_more() {
    let work = Workspace::new("clippy");
    let [plain, traced] =
        [false, true].map(|traced| work.compile(Job { compiler: "clippy-driver", edition: "2024", traced }));
    assert!(plain.values().sum::<usize>() > 20);
    // for functions from `macro_rules`, clippy reports the place of the macro or that of its call
    let [plain, traced] = [plain, traced].map(|messages| {
        messages.into_iter().fold(Messages::new(), |mut all, (message, count)| {
            *all.entry(Message { line: 0, ..message }).or_default() += count;
            all
        })
    });
    let added: Vec<_> =
        traced.iter().filter(|(message, count)| plain.get(message).unwrap_or(&0) < *count).collect();
    assert!(added.is_empty(), "{}", differences(&plain, &traced));
}

#[test]
fn coverage_counts_the_same_lines() {
    let work = Workspace::new("coverage");
    let [plain, traced] = [false, true].map(|traced| {
        let root = work.directory.join(format!("coverage_{traced}.rs"));
        std::fs::write(&root, work.root("2024", traced)).unwrap();
        let mut command = work.compiler("rustc", "2024");
        // only this unstable option shows the counted lines without the tools of rustc's LLVM
        command.env("RUSTC_BOOTSTRAP", "1").args([
            "-Cinstrument-coverage",
            "-Zunpretty=mir",
            "--crate-type=lib",
            "--cap-lints=allow",
        ]);
        let output = command.arg(&root).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        covered_lines(&String::from_utf8(output.stdout).unwrap())
    });
    assert!(plain.len() > 500, "{} lines are counted", plain.len());
    let lost: Vec<_> = plain.difference(&traced).collect();
    assert!(lost.is_empty(), "no longer counted: {lost:?}");
    let added: Vec<_> =
        traced.difference(&plain).filter(|(file, line)| !work.may_count(file, *line)).collect();
    assert!(added.is_empty(), "newly counted: {added:?}");
}

/// Returns the counted lines of the cases.
///
/// The input has lines such as `coverage Code { .. } => cases/bodies.rs:3:9: 4:10 (#0);`.
fn covered_lines(mir: &str) -> BTreeSet<(String, u64)> {
    let mut lines = BTreeSet::new();
    for span in mir.lines().filter_map(|line| line.trim().strip_prefix("coverage ")?.split_once("=> ")) {
        let Some((_, place)) = span.1.rsplit_once('/') else { continue };
        let mut parts = place.split(':').map(str::trim);
        let file = parts.next().unwrap().to_owned();
        let numbers: Vec<u64> = parts.map_while(|part| part.split(' ').next()?.parse().ok()).collect();
        let [first, _, last, _] = numbers[..] else { panic!("unknown form of span: {place}") };
        lines.extend((first..=last).map(|line| (file.clone(), line)));
    }
    lines
}

/// A directory to compile in, and the crates to compile with.
struct Workspace {
    directory: PathBuf,
    libraries: PathBuf,
    cases: PathBuf,
    support: PathBuf,
}

impl Workspace {
    fn new(name: &str) -> Self {
        let executable = std::env::current_exe().unwrap();
        let libraries = executable.parent().unwrap().to_owned();
        let directory = libraries.parent().unwrap().join("macro-conformance").join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let identity = tests.join("macro_support/identity.rs");
        let status = Command::new("rustc")
            .args([
                "--edition=2024",
                "--crate-type=proc-macro",
                "--crate-name=identity",
                "-Cprefer-dynamic",
                "--out-dir",
            ])
            .args([&directory, &identity])
            .status();
        assert!(status.unwrap().success());
        Self { directory, libraries, cases: tests.join("cases"), support: tests.join("macro_support") }
    }

    /// Compiles all cases and returns the messages. Panics if one of them is an error.
    fn compile(&self, job: Job) -> Messages {
        let Job { compiler, edition, traced } = job;
        let name = format!("cases_{edition}_{}", if traced { "traced" } else { "plain" });
        let root = self.directory.join(format!("{name}.rs"));
        std::fs::write(&root, self.root(edition, traced)).unwrap();
        let mut command = self.compiler(compiler, edition);
        command
            .args([
                "--crate-type=lib",
                "--emit=metadata",
                "--error-format=json",
                "--crate-name",
                &name,
                "--out-dir",
            ])
            .args([&self.directory, &root]);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let messages: Vec<Value> =
            stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        for message in &messages {
            if message["level"] == "error" {
                println!("{}", message["rendered"].as_str().unwrap());
            }
        }
        assert!(output.status.success(), "{name} does not compile with {compiler}");
        messages.iter().fold(Messages::new(), |mut all, message| {
            if let Some(message) = Message::parse(message) {
                *all.entry(message).or_default() += 1;
            }
            all
        })
    }

    /// Returns a compiler command with the crates that the cases use.
    fn compiler(&self, compiler: &str, edition: &str) -> Command {
        let mut command = Command::new(compiler);
        command.args(["--edition", edition, "-L"]).arg(format!("dependency={}", self.libraries.display()));
        for krate in ["multitracer", "async_trait", "futures_util", "tokio"] {
            command.arg("--extern").arg(format!("{krate}={}", self.newest(krate).display()));
        }
        let identity = format!("{}identity{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        command.arg("--extern").arg(format!("identity={}", self.directory.join(identity).display()));
        command
    }

    /// Returns the root of a crate with the cases as its modules.
    fn root(&self, edition: &str, traced: bool) -> String {
        let attribute = if traced { "multitracer" } else { "identity" };
        let mut root = format!("#[allow(unused_imports)]\npub(crate) use {attribute}::traced;\n");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&self.cases).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() > 40, "cases are missing");
        for file in files {
            let source = std::fs::read_to_string(&file).unwrap();
            let editions = source.lines().find_map(|line| line.strip_prefix(EDITIONS));
            if editions.is_none_or(|editions| editions.split_whitespace().any(|each| each == edition)) {
                let name = file.file_stem().unwrap().to_str().unwrap();
                writeln!(root, "#[path = {:?}]\npub mod {name};", file.to_str().unwrap()).unwrap();
            }
        }
        root
    }

    /// Returns `true` if coverage may count this line only with `#[traced]`.
    ///
    /// Expressions in the attribute are code too. The braces of a body are counted for the code
    /// after an endless loop.
    fn may_count(&self, file: &str, line: u64) -> bool {
        let source = std::fs::read_to_string(self.cases.join(file)).unwrap();
        let lines: Vec<&str> = source.lines().take(usize::try_from(line).unwrap()).map(str::trim).collect();
        let last = *lines.last().unwrap();
        let attribute = lines.iter().rposition(|line| line.starts_with("#[traced("));
        let in_attribute = attribute
            .is_some_and(|start| lines[start..lines.len() - 1].iter().all(|line| !line.ends_with(")]")));
        matches!(last, "{" | "}") || in_attribute
    }

    /// Returns the library that cargo built last with this name.
    fn newest(&self, krate: &str) -> PathBuf {
        let names = [format!("lib{krate}-"), format!("{}{krate}-", std::env::consts::DLL_PREFIX)];
        let built = |path: &PathBuf| {
            path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        std::fs::read_dir(&self.libraries)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension().is_some_and(|extension| {
                    extension == "rlib" || extension == std::env::consts::DLL_EXTENSION
                })
            })
            .filter(|path| {
                names.iter().any(|name| {
                    path.file_name().and_then(|file| file.to_str()).is_some_and(|file| file.starts_with(name))
                })
            })
            .max_by_key(built)
            .unwrap_or_else(|| panic!("{krate} is not built"))
    }
}

impl Message {
    /// Reads a message of the compiler. Returns `None` for a message without a place.
    fn parse(message: &Value) -> Option<Self> {
        let span = message["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
        let file = Path::new(span["file_name"].as_str()?).file_name()?.to_str()?.to_owned();
        let lint = message["code"]["code"].as_str().unwrap_or_default().to_owned();
        let text = message["message"].as_str()?;
        // the binding in the body assigns the parameter, but the lint is the same
        let text = text.replace("value passed to", "value assigned to");
        let line = span["line_start"].as_u64()?;
        Some(Self { file, line, lint, text })
    }
}

/// Lists the messages that only one side has.
fn differences(plain: &Messages, traced: &Messages) -> String {
    let mut text = String::new();
    for (sign, one, other) in [('-', plain, traced), ('+', traced, plain)] {
        for (message, count) in one {
            if other.get(message).unwrap_or(&0) < count {
                let Message { file, line, lint, text: message } = message;
                writeln!(text, "{sign} {file}:{line}: {lint}: {message}").unwrap();
            }
        }
    }
    text
}
