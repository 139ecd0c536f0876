//! The output of commands: text, JSON and errors.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use multitracer::config::{ConfigError, Diagnostic};
use multitracer::error::BuildError;
use serde_json::{Value, json};

/// The reason why a command failed.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// A failure that the command already printed.
    AlreadyReported,
    /// A message to print.
    Message(String),
    /// An invalid configuration.
    Config(ConfigError),
    /// A failure to read the input or to write the output.
    Io(io::Error),
}

/// The result of a command. An error means exit code 1.
pub(crate) type CommandResult = Result<(), CommandError>;

impl CommandError {
    /// Prints the error to standard error and returns exit code 1.
    pub(crate) fn report(&self) -> ExitCode {
        // if standard error is closed, there is no other place to report to
        let _ = match self {
            Self::AlreadyReported => Ok(()),
            Self::Message(text) => err(text),
            Self::Config(error) => config_error(error),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Self::Io(error) => err(error),
        };
        ExitCode::FAILURE
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Config(error) => Self::Config(error),
            other => Self::Message(other.to_string()),
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// Writes a line to standard output.
pub(crate) fn out(text: impl Display) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// Writes a line to standard error.
pub(crate) fn err(text: impl Display) -> io::Result<()> {
    writeln!(anstream::stderr().lock(), "{text}")
}

/// Writes diagnostics to standard error. The stream removes colours if it is not a terminal.
pub(crate) fn print_diagnostics(source_name: &str, diagnostics: &[Diagnostic]) -> io::Result<()> {
    diagnostics.iter().try_for_each(|diagnostic| err(diagnostic.render(source_name, true)))
}

/// Writes every error of an invalid configuration to standard error.
pub(crate) fn config_error(error: &ConfigError) -> io::Result<()> {
    print_diagnostics(error.source_name(), error.diagnostics())?;
    match error.omitted() {
        0 => Ok(()),
        more => err(format_args!("{}: and {more} more", error.source_name())),
    }
}

/// Returns a diagnostic as JSON.
pub(crate) fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": if diagnostic.code().is_some() { "warning" } else { "error" },
        "code": diagnostic.code(),
        "path": diagnostic.path(),
        "line": diagnostic.line(),
        "column": diagnostic.column(),
        "message": diagnostic.message(),
        "help": diagnostic.help(),
        "source_line": diagnostic.source_line(),
    })
}

/// Returns a text from outside without effect on a terminal: characters that are not printable are
/// escaped as in a Rust string.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\'' | '"' | '\\' => shown.push(char),
            _ => shown.extend(char.escape_debug()),
        }
    }
    shown
}

/// Returns a count with its noun: `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
