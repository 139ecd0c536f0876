//! What is wrong with a configuration, shown the way a compiler shows it.

use std::fmt;
use std::io;

use super::check::Flaw;
use super::path::KeyPath;
use super::source::{Snippet, Source};
use super::yaml::Span;

/// Why a configuration was refused: every problem that one look at it found.
///
/// `Display` shows each problem with its place, the line that it is on, and a suggestion where there is one:
///
/// ```
/// let error = multitracer::config::Config::from_yaml("tracers:\n  main: {porject: shop}\n").unwrap_err();
///
/// assert_eq!(error.to_string(), "\
/// <string>:2:10: tracers.main: unknown key `porject`
///   2 |   main: {porject: shop}
///     |          ^^^^^^^
///     = help: did you mean `project`?");
/// ```
///
/// Neither `Display` nor `Debug` shows a secret or the value of a variable.
pub struct ConfigError(Box<Inner>);

struct Inner {
    source_name: String,
    problems: Vec<Problem>,
    omitted: usize,
    io: Option<io::Error>,
}

/// One thing that is wrong with a configuration, or that is likely not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of a warning; `None`: an error.
    code: Option<&'static str>,
    path: String,
    place: Option<(usize, usize)>,
    message: String,
    help: Option<String>,
    snippet: Option<Snippet>,
}

/// A problem before its place is known as line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// The name of a warning; `None`: an error.
    pub(super) code: Option<&'static str>,
    pub(super) path: KeyPath,
    pub(super) span: Option<Span>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// How many problems are shown; a file that is not ours may have one in every line.
pub(super) const MOST_PROBLEMS: usize = 100;

impl ConfigError {
    /// The file that was read, or `<string>`, or `<code>` for a configuration that was built in code.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.0.source_name
    }

    /// What is wrong, in the order of the file; at least one, at most the first hundred.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0.problems
    }

    /// How many more problems there are than [`problems`](Self::problems) has.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.0.omitted
    }

    /// The error of a text; `omitted` more problems were found and not kept.
    pub(super) fn new(source: &Source<'_>, findings: Vec<Finding>, omitted: usize) -> Self {
        let omitted = omitted + findings.len().saturating_sub(MOST_PROBLEMS);
        let problems = Problem::all(source, findings);
        Self(Box::new(Inner { source_name: source.name.clone(), problems, omitted, io: None }))
    }

    pub(super) fn unreadable(source_name: &str, message: String, io: Option<io::Error>) -> Self {
        let problem =
            Problem { code: None, path: String::new(), place: None, message, help: None, snippet: None };
        let source_name = source_name.to_owned();
        Self(Box::new(Inner { source_name, problems: vec![problem], omitted: 0, io }))
    }

    /// The error of a configuration that was built in code.
    pub(crate) fn in_code(flaws: Vec<Flaw>) -> Self {
        let source_name = "<code>".to_owned();
        let problems = flaws.into_iter().map(Problem::in_code).collect();
        Self(Box::new(Inner { source_name, problems, omitted: 0, io: None }))
    }
}

impl fmt::Debug for ConfigError {
    /// As `Display`: a `main` that returns an error shows it by `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(&problem.render(&self.0.source_name, false), f)?;
        }
        match self.0.omitted {
            0 => Ok(()),
            omitted => write!(f, "\n{}: and {omitted} more", self.0.source_name),
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.io.as_ref().map(|error| error as _)
    }
}

impl Problem {
    /// The name of a warning, such as `unused_tracer`; `None` for an error. [`Config::warnings`](crate::config::Config::warnings)
    /// lists the names.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// The keys that lead to it, as in `tracers.canary.exporter` or `routes[2].tracer`; empty at the top.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line, from 1, if the problem has a place in a text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.map(|(line, _)| line)
    }

    /// The column, from 1 and in characters, if the problem has a place in a text.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.place.map(|(_, column)| column)
    }

    /// The line that the problem is on, secrets masked and cut to what fits a screen, where it can be shown.
    #[must_use]
    pub fn source_line(&self) -> Option<&str> {
        self.snippet.as_ref().map(|snippet| &*snippet.line)
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right, if that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The problem as [`ConfigError`] shows it, with its place in `source_name` and the source line; `colors` adds ANSI
    /// escape sequences for a terminal.
    #[must_use]
    pub fn render<'p>(&'p self, source_name: &'p str, colors: bool) -> impl fmt::Display + 'p {
        Rendered { problem: self, source_name, colors }
    }

    /// The first problems in the order of the file.
    pub(super) fn all(source: &Source<'_>, mut findings: Vec<Finding>) -> Vec<Self> {
        findings.sort_by_key(|finding| finding.span.map_or(0, |span| span.start));
        findings.truncate(MOST_PROBLEMS);
        findings.into_iter().map(|finding| Self::new(source, finding)).collect()
    }

    fn new(source: &Source<'_>, finding: Finding) -> Self {
        Self {
            code: finding.code,
            path: finding.path.to_string(),
            place: finding.span.map(|span| source.position(span.start)),
            message: finding.message,
            help: finding.help,
            snippet: finding.span.and_then(|span| source.snippet(span)),
        }
    }

    fn in_code(flaw: Flaw) -> Self {
        let message = flaw.message();
        Self { code: None, path: flaw.path.to_string(), place: None, message, help: flaw.help, snippet: None }
    }
}

struct Rendered<'p> {
    problem: &'p Problem,
    source_name: &'p str,
    colors: bool,
}

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const BLUE: &str = "\x1b[1;34m";
const CYAN: &str = "\x1b[1;36m";
const END: &str = "\x1b[0m";

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paint = |style: &'static str| if self.colors { style } else { "" };
        let (bold, blue, cyan, end) = (paint(BOLD), paint(BLUE), paint(CYAN), paint(END));
        let Problem { code, path, place, message, help, snippet } = self.problem;
        let mark = paint(if code.is_some() { YELLOW } else { RED });
        write!(f, "{bold}{}", self.source_name)?;
        if let Some((line, column)) = place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ":{end} ")?;
        if code.is_some() {
            write!(f, "{mark}warning:{end} ")?;
        }
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        match code {
            Some(code) => write!(f, "{bold}{message}{end} [{code}]")?,
            None => write!(f, "{bold}{message}{end}")?,
        }
        let number = place.map_or_else(String::new, |(line, _)| line.to_string());
        let margin = number.len();
        if let Some(Snippet { line, caret, width }) = snippet {
            write!(f, "\n  {blue}{number} |{end} {line}\n  {blue}{:margin$} |{end} ", "")?;
            write!(f, "{:caret$}{mark}{:^<width$}{end}", "", "")?;
        }
        if let Some(help) = help {
            write!(f, "\n  {blue}{:margin$} ={end} {cyan}help:{end} {help}", "")?;
        }
        Ok(())
    }
}
