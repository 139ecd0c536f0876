//! Tests that run the command as a user runs it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod assign;
mod check;
mod help;
mod init;
mod ping;
mod route;
mod secrets;
mod transcript;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const KEY: (&str, &str) = ("HH_API_KEY", "hh-1");

/// The result of a run.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| unreachable!("{error}: {} {}", self.out, self.err))
    }

    fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the command with only these variables in its environment.
fn run(args: &[&str], variables: &[(&str, &str)]) -> Run {
    command(args, variables).output().unwrap().into()
}

/// Runs the command with `input` on standard input.
fn run_with(args: &[&str], input: &[u8]) -> Run {
    let mut child = command(args, &[KEY]);
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_multitracer"));
    command.args(args).env_clear().envs(variables.iter().copied()).current_dir(root());
    command
}

/// Returns the folder of the workspace, which contains `config.example.yaml`.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file that is deleted when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, text: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("multitracer-cli-{}-{name}", std::process::id())));
        std::fs::write(&file.0, text).unwrap();
        file
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
