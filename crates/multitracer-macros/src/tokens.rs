//! Walking token trees without parsing them.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

pub(crate) fn is_punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

pub(crate) fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == name)
}

pub(crate) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// The same group with other content.
pub(crate) fn regroup(group: &Group, content: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), content);
    new.set_span(group.span());
    new
}

/// A brace group that carries this span.
pub(crate) fn braced(content: TokenStream, span: Span) -> Group {
    let mut block = Group::new(Delimiter::Brace, content);
    block.set_span(span);
    block
}

/// Without the invisible group that `macro_rules` puts around a whole `$item`.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut iter = tokens.clone().into_iter();
    match (iter.next(), iter.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            ungrouped(group.stream())
        }
        _ => tokens,
    }
}

/// The tokens with every invisible group opened, for looking at, not for emitting.
pub(crate) fn flattened(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut flat = Vec::with_capacity(tokens.len());
    for token in tokens {
        match group(Some(token), Delimiter::None) {
            Some(inner) => flat.extend(flattened(&inner.stream().into_iter().collect::<Vec<_>>())),
            None => flat.push(token.clone()),
        }
    }
    flat
}

/// Follows `<` and `>` through the tokens of a type; the `>` of `->` and `=>` closes nothing.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    arrow: bool,
}

impl Angles {
    /// Takes the next token and says whether it lies outside all angle brackets (a closing bracket counts as inside).
    pub(crate) fn outside(&mut self, token: &TokenTree) -> bool {
        let before = self.depth;
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => self.depth += 1,
                '>' if !self.arrow => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.arrow = matches!(punct.as_char(), '-' | '=') && punct.spacing() == Spacing::Joint;
        } else {
            self.arrow = false;
        }
        before == 0 && self.depth == 0
    }
}

/// Splits the tokens of a list of types, bounds or parameters at its commas.
pub(crate) fn split_commas(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut angles = Angles::default();
    let mut parts: Vec<&[TokenTree]> =
        tokens.split(|token| angles.outside(token) && is_punct(Some(token), ',')).collect();
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    parts
}

/// Whether an identifier occurs anywhere in the tokens, at any depth.
pub(crate) fn mentions(tokens: &TokenStream, names: &[&str]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
