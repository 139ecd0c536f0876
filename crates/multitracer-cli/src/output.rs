//! Where text goes, and how a run fails.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use multitracer::config::{ConfigError, Diagnostic};
use serde_json::{Value, json};

/// Why a run did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has been said already.
    Said,
    /// To be said, plainly.
    Because(String),
    /// The configuration is refused.
    Config(ConfigError),
    /// Nobody reads the output, or reading the input failed.
    Io(io::Error),
}

impl Failure {
    pub(crate) fn report(&self) -> ExitCode {
        // what cannot be said cannot be said
        let _ = match self {
            Self::Said => Ok(()),
            Self::Because(text) => err(text),
            Self::Config(error) => errors(error),
            Self::Io(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Self::Io(error) => err(error),
        };
        ExitCode::FAILURE
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// A line on standard output.
pub(crate) fn out(text: impl Display) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// A line on standard error.
pub(crate) fn err(text: impl Display) -> io::Result<()> {
    writeln!(anstream::stderr().lock(), "{text}")
}

/// Problems on standard error; the stream takes the colours out where they do not belong.
pub(crate) fn problems(source_name: &str, problems: &[Diagnostic]) -> io::Result<()> {
    problems.iter().try_for_each(|problem| err(problem.render(source_name, true)))
}

/// All that a configuration was refused for.
pub(crate) fn errors(error: &ConfigError) -> io::Result<()> {
    problems(error.source_name(), error.diagnostics())?;
    match error.omitted() {
        0 => Ok(()),
        more => err(format_args!("{}: and {more} more", error.source_name())),
    }
}

pub(crate) fn problem(problem: &Diagnostic) -> Value {
    json!({
        "severity": if problem.code().is_some() { "warning" } else { "error" },
        "code": problem.code(),
        "path": problem.path(),
        "line": problem.line(),
        "column": problem.column(),
        "message": problem.message(),
        "help": problem.help(),
        "source_line": problem.source_line(),
    })
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
