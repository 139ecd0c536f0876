//! Every tracer that a program's source names, held against a configuration.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, LexError, Span, TokenStream, TokenTree};

use super::registry::TestRegistry;
use crate::tracer::UnknownTracerError;

/// Folders inside folders that are followed.
const DEEPEST: usize = 64;

impl TestRegistry {
    /// Looks through the Rust sources at `path`, a file or a folder, for names of tracers that this registry does not have: those behind
    /// `tracer = ".."` in `#[traced]`, [`span!`](crate::span) and [`async_span!`](crate::async_span), in
    /// [`with_tracer("..")`](crate::WithTracerExt::with_tracer), and in [`tracers!`](crate::tracers). Gives the number of names it found.
    ///
    /// The sources are read, not compiled, so that functions count which no test calls, in every `cfg`. A name that is computed is not seen.
    ///
    /// ```no_run
    /// use multitracer::testing::TestRegistry;
    /// use multitracer::config::{Config, UndefinedVariables};
    ///
    /// // #[test]
    /// fn every_tracer_is_configured() {
    ///     let loader = Config::loader().undefined_variables(UndefinedVariables::Empty);
    ///     let test = TestRegistry::from_config(loader.load_path("config.yaml").unwrap()).unwrap();
    ///     assert!(test.check_sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() > 0);
    /// }
    /// # every_tracer_is_configured();
    /// ```
    ///
    /// # Errors
    ///
    /// Names every place of an unknown name as `file:line:column`, with the name that was probably meant, and every file that cannot be read.
    pub fn check_sources(&self, path: impl AsRef<Path>) -> Result<usize, SourceError> {
        let mut search = Search { test: self, found: 0, mistakes: Vec::new() };
        search.path(path.as_ref(), 0);
        match search.mistakes.is_empty() {
            true => Ok(search.found),
            false => Err(SourceError(search.mistakes)),
        }
    }
}

/// What [`TestRegistry::check_sources`] found wrong. `Display` and `Debug` give one line for each mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceError(Vec<String>);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for SourceError {}

struct Search<'t> {
    test: &'t TestRegistry,
    found: usize,
    mistakes: Vec<String>,
}

impl Search<'_> {
    fn path(&mut self, path: &Path, depth: usize) {
        let outcome = match path.is_dir() {
            true => self.folder(path, depth),
            false => self.file(path),
        };
        if let Err(error) = outcome {
            self.mistakes.push(format!("{}: {error}", path.display()));
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        if depth > DEEPEST {
            return Err(io::Error::other("too many folders inside each other"));
        }
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        for entry in entries {
            if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "rs") {
                self.path(&entry, depth + 1);
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path) -> io::Result<()> {
        let tokens: TokenStream = fs::read_to_string(file)?
            .parse()
            .map_err(|error: LexError| io::Error::other(error.to_string()))?;
        let mut names = Vec::new();
        collect(tokens, &mut names);
        self.found += names.len();
        for (name, span) in names {
            if let Err(error) = self.known(&name) {
                let start = span.start();
                self.mistakes.push(format!(
                    "{}:{}:{}: {error}",
                    file.display(),
                    start.line,
                    start.column + 1
                ));
            }
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), UnknownTracerError> {
        self.test.registry().tracer(name).map(drop)
    }
}

/// The names of tracers in `tokens`.
fn collect(tokens: TokenStream, names: &mut Vec<(String, Span)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string());
        match (before(2).as_deref(), before(1).as_deref()) {
            (_, Some("traced")) | (Some("span" | "async_span"), Some("!")) => options(group, names),
            (_, Some("with_tracer")) => names.extend(first_text(group)),
            (Some("tracers"), Some("!")) => constants(group, names),
            _ => {}
        }
        collect(group.stream(), names);
    }
}

/// `tracer = ".."` among the arguments.
fn options(arguments: &Group, names: &mut Vec<(String, Span)>) {
    let tokens: Vec<TokenTree> = arguments.stream().into_iter().collect();
    for window in tokens.windows(3) {
        if let [TokenTree::Ident(key), TokenTree::Punct(equals), value] = window
            && key == "tracer"
            && equals.as_char() == '='
        {
            names.extend(text(value));
        }
    }
}

fn first_text(arguments: &Group) -> Option<(String, Span)> {
    text(&arguments.stream().into_iter().next()?)
}

/// `canary, pub shadow, CANARY = "canary-eu"`
fn constants(list: &Group, names: &mut Vec<(String, Span)>) {
    let tokens: Vec<TokenTree> = list.stream().into_iter().collect();
    for part in tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
        match part.last() {
            Some(TokenTree::Ident(name)) => {
                let text = name.to_string();
                names.push((text.trim_start_matches("r#").to_owned(), name.span()));
            }
            Some(last) => names.extend(text(last)),
            None => {}
        }
    }
}

/// What a string literal says.
fn text(token: &TokenTree) -> Option<(String, Span)> {
    match token {
        TokenTree::Literal(literal) => {
            let written = literal.to_string();
            let text = written.trim_start_matches('r').trim_matches('#');
            let text = text.strip_prefix('"')?.strip_suffix('"')?;
            Some((text.to_owned(), literal.span()))
        }
        // what a macro passed on
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => first_text(group),
        _ => None,
    }
}
