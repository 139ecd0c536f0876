//! Counts of instructions, by Valgrind's tool Callgrind.

use std::collections::HashMap;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, process};

use super::meter::CALLS;
use super::paths::{Path, Threads};

/// The batches of the two runs whose difference is counted, for a path of all threads.
const BATCHES: [u64; 2] = [8, 24];

/// The instructions of one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Instructions {
    /// Instructions of the program, with all its crates.
    pub program: f64,
    /// Instructions of system libraries: allocator, copies of memory, clock.
    pub system: f64,
}

impl Instructions {
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self { program: f(self.program), system: f(self.system) }
    }

    fn minus(self, other: Self) -> Self {
        Self { program: self.program - other.program, system: self.system - other.system }
    }
}

/// A counter that runs a program again under Callgrind.
#[derive(Debug)]
pub struct Callgrind {
    program: PathBuf,
    endpoint: String,
    /// The cost of an empty loop.
    empty: Instructions,
}

impl Callgrind {
    /// Creates a counter. `endpoint` is an OTLP receiver of another process.
    ///
    /// # Errors
    ///
    /// Fails if Valgrind does not run.
    pub fn new(endpoint: &str) -> io::Result<Self> {
        let empty = Instructions::default();
        let mut callgrind = Self { program: env::current_exe()?, endpoint: endpoint.to_owned(), empty };
        if let Some(path) = Path::named("empty loop") {
            callgrind.empty = callgrind.count(&path)?;
        }
        Ok(callgrind)
    }

    /// Counts the instructions of a call.
    ///
    /// # Errors
    ///
    /// Fails if Valgrind or the program fails.
    pub fn count(&self, path: &Path) -> io::Result<Instructions> {
        match path.threads {
            Threads::Calling => {
                let total = self.run(path, &["--toggle-collect=*measured_calls*"], 1)?;
                Ok(total.map(|total| total / CALLS as f64).minus(self.empty))
            }
            Threads::All => {
                // the start and the end of the program cost the same in both runs
                let [few, many] = BATCHES;
                let total = self.run(path, &[], many)?.minus(self.run(path, &[], few)?);
                Ok(total.map(|total| total / ((many - few) * CALLS) as f64))
            }
        }
    }

    fn run(&self, path: &Path, options: &[&str], batches: u64) -> io::Result<Instructions> {
        let number = super::PATHS.iter().position(|other| other.name == path.name).unwrap_or(0);
        let file = env::temp_dir().join(format!("callgrind.{}.{number}.{batches}", process::id()));
        let (Some(folder), Some(name)) = (self.program.parent(), self.program.file_name()) else {
            return Err(io::Error::other("a program without a folder"));
        };
        let kept = ["PATH", "VALGRIND_LIB"].map(|name| (name, env::var_os(name).unwrap_or_default()));
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--fair-sched=try", "--dump-line=no", "--quiet"])
            .arg(format!("--callgrind-out-file={}", file.display()))
            .args(options)
            .arg(FilePath::new(".").join(name))
            .args(["--measure", path.name, "--batches", &batches.to_string()])
            .args(["--endpoint", &self.endpoint])
            // copies cost more or less by the alignment of memory, and that depends on the length
            // of the program's path and of the environment
            .current_dir(folder)
            .env_clear()
            .envs(kept.into_iter().filter(|(_, value)| !value.is_empty()))
            .stdin(Stdio::null())
            .output()?;
        let profile = fs::read_to_string(&file).unwrap_or_default();
        // the profile is only there if Valgrind has started
        drop(fs::remove_file(&file));
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("valgrind of `{}` failed: {message}", path.name)));
        }
        Ok(instructions(&profile, &self.program))
    }
}

/// Adds up the instructions of a profile in
/// [Callgrind's format](https://valgrind.org/docs/manual/cl-format.html).
fn instructions(profile: &str, program: &FilePath) -> Instructions {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut total = Instructions::default();
    let mut is_program = false;
    let mut is_cost_of_call = false;
    for line in profile.lines() {
        let called = line.strip_prefix("cob=");
        if let Some(object) = called.or_else(|| line.strip_prefix("ob=")) {
            // the name is written once: `(3) /lib/libc.so.6`, then `(3)`
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            if !name.is_empty() {
                names.insert(number, name);
            }
            if called.is_none() {
                is_program = names.get(number).is_some_and(|&name| FilePath::new(name) == program);
            }
        } else if line.starts_with("calls=") {
            // the next line is the cost of the called function, which has lines of its own
            is_cost_of_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line.split_whitespace().nth(1).and_then(|cost| cost.parse().ok());
            if !std::mem::take(&mut is_cost_of_call) {
                *(if is_program { &mut total.program } else { &mut total.system }) += cost.unwrap_or(0.0);
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_belong_to_the_object_that_has_them() {
        let profile = "\
positions: line
events: Ir
ob=(1) /bin/counts
fl=(1) ???
fn=(1) work
0 100
cob=(2) /lib/libc.so.6
cfn=(2) malloc
calls=3 0
0 60
ob=(2)
fn=(2)
0 60
ob=(1)
fn=(3) other
+1 11
* 4
";
        let counted = instructions(profile, FilePath::new("/bin/counts"));
        assert_eq!(counted, Instructions { program: 115.0, system: 60.0 });
    }
}
