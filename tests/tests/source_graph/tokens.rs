//! The paths and names in a stream of tokens, also inside the bodies of macros.

use proc_macro2::{Delimiter, Group, Ident, Punct, TokenStream, TokenTree};
use syn::ItemUse;

use super::names::{Import, imports};

/// A path in code, such as `crate::config::Config`.
#[derive(Clone, Debug)]
pub(crate) struct CodePath {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// A call of a macro by its name alone.
#[derive(Clone, Debug)]
pub(crate) struct MacroCall {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// The names that a piece of code uses.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// Paths of at least two segments.
    pub(crate) paths: Vec<CodePath>,
    /// First segments, and names that stand alone. Fields and methods are absent.
    pub(crate) names: Vec<String>,
    /// Macros that are called without a path.
    pub(crate) macro_calls: Vec<MacroCall>,
    /// `use` declarations inside functions and macros.
    pub(crate) imports: Vec<Import>,
}

/// A token, or the beginning or the end of a group.
#[derive(Debug)]
enum Flat {
    Name(Ident),
    Mark(Punct),
    Open(Delimiter),
    Close,
    Literal,
}

impl Code {
    /// Adds the names in `tokens`.
    pub(crate) fn read(&mut self, tokens: TokenStream) {
        let mut flat = Vec::new();
        flatten(tokens, &mut flat);
        let mut at = 0;
        while at < flat.len() {
            at = self.read_at(&flat, at);
        }
    }

    /// Reads the tokens that begin at `at`, and returns the place behind them.
    fn read_at(&mut self, flat: &[Flat], at: usize) -> usize {
        let Some(Flat::Name(name)) = flat.get(at) else {
            return at + 1;
        };
        if name == "pub" && matches!(flat.get(at + 1), Some(Flat::Open(Delimiter::Parenthesis))) {
            return behind_group(flat, at + 1);
        }
        if name == "use" && !is_mark(flat, at + 1, '<') {
            return self.read_use(flat, at);
        }
        if follows_a_dot(flat, at) || follows_a_path(flat, at) {
            return at + 1;
        }
        let mut segments = vec![name.to_string()];
        let mut end = at + 1;
        while is_mark(flat, end, ':')
            && is_mark(flat, end + 1, ':')
            && let Some(Flat::Name(next)) = flat.get(end + 2)
        {
            segments.push(next.to_string());
            end += 3;
        }
        let line = name.span().start().line;
        if segments.len() > 1 {
            self.paths.push(CodePath { segments, line });
        } else if is_mark(flat, end, '!') && !is_mark(flat, end + 1, '=') {
            self.macro_calls.push(MacroCall { name: name.to_string(), line });
        }
        self.names.push(name.to_string());
        end
    }

    /// Reads a `use` declaration, and returns the place behind its semicolon.
    fn read_use(&mut self, flat: &[Flat], at: usize) -> usize {
        let end = (at..flat.len()).find(|&end| is_mark(flat, end, ';')).map_or(flat.len(), |end| end + 1);
        let mut stream = TokenStream::new();
        let mut groups = Vec::new();
        for token in &flat[at..end] {
            match token {
                // `$crate` in a macro is `crate` here
                Flat::Mark(mark) if mark.as_char() == '$' => {}
                Flat::Mark(mark) => stream.extend([TokenTree::Punct(mark.clone())]),
                Flat::Name(name) => stream.extend([TokenTree::Ident(name.clone())]),
                Flat::Literal => {}
                Flat::Open(delimiter) => groups.push((*delimiter, std::mem::take(&mut stream))),
                Flat::Close => {
                    if let Some((delimiter, outer)) = groups.pop() {
                        let group = Group::new(delimiter, std::mem::replace(&mut stream, outer));
                        stream.extend([TokenTree::Group(group)]);
                    }
                }
            }
        }
        if let Ok(item) = syn::parse2::<ItemUse>(stream) {
            self.imports.extend(imports(&item));
        }
        end
    }
}

fn flatten(tokens: TokenStream, flat: &mut Vec<Flat>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                flat.push(Flat::Open(group.delimiter()));
                flatten(group.stream(), flat);
                flat.push(Flat::Close);
            }
            TokenTree::Ident(name) => flat.push(Flat::Name(name)),
            TokenTree::Punct(mark) => flat.push(Flat::Mark(mark)),
            TokenTree::Literal(_) => flat.push(Flat::Literal),
        }
    }
}

fn is_mark(flat: &[Flat], at: usize, mark: char) -> bool {
    matches!(flat.get(at), Some(Flat::Mark(found)) if found.as_char() == mark)
}

/// Returns `true` for a field or method. A range, `..name`, is neither.
fn follows_a_dot(flat: &[Flat], at: usize) -> bool {
    at > 0 && is_mark(flat, at - 1, '.') && !(at > 1 && is_mark(flat, at - 2, '.'))
}

/// Returns `true` behind `::`: for a path of another crate, or behind generic arguments.
fn follows_a_path(flat: &[Flat], at: usize) -> bool {
    at > 1 && is_mark(flat, at - 1, ':') && is_mark(flat, at - 2, ':')
}

/// Returns the place behind the group that opens at `at`.
fn behind_group(flat: &[Flat], at: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, token) in flat[at..].iter().enumerate() {
        match token {
            Flat::Open(_) => depth += 1,
            Flat::Close if depth == 1 => return at + offset + 1,
            Flat::Close => depth -= 1,
            Flat::Name(_) | Flat::Mark(_) | Flat::Literal => {}
        }
    }
    flat.len()
}
