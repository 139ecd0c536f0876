//! Helpers that walk token trees without parsing them.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// Returns `true` if the token is this punctuation character.
pub(crate) fn is_punct(token: Option<&TokenTree>, c: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
}

/// Returns `true` if the token is this identifier or keyword.
pub(crate) fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == name)
}

/// Returns the token as a group with this delimiter.
pub(crate) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// Copies tokens into a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Returns the same group with other content.
pub(crate) fn regroup(group: &Group, content: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), content);
    new.set_span(group.span());
    new
}

/// Returns a brace group with this span.
pub(crate) fn braced(content: TokenStream, span: Span) -> Group {
    let mut block = Group::new(Delimiter::Brace, content);
    block.set_span(span);
    block
}

/// Removes the invisible group that `macro_rules` puts around a whole `$item`.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut iter = tokens.clone().into_iter();
    match (iter.next(), iter.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => {
            ungrouped(group.stream())
        }
        _ => tokens,
    }
}

/// Opens every invisible group. The result is for inspection only; do not emit it.
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

/// The nesting of `<` and `>` in the tokens of a type.
///
/// The `>` of `->` and `=>` does not count as a closing bracket.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    /// `true` if the last token may be the start of `->` or `=>`.
    in_arrow: bool,
}

impl Angles {
    /// Reads the next token. Returns `true` if it lies outside all angle brackets.
    ///
    /// A closing bracket counts as inside.
    pub(crate) fn is_outside(&mut self, token: &TokenTree) -> bool {
        let before = self.depth;
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => self.depth += 1,
                '>' if !self.in_arrow => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            self.in_arrow = matches!(punct.as_char(), '-' | '=') && punct.spacing() == Spacing::Joint;
        } else {
            self.in_arrow = false;
        }
        before == 0 && self.depth == 0
    }
}

/// Splits a list of types, bounds or parameters at its commas.
pub(crate) fn split_commas(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut angles = Angles::default();
    let mut parts: Vec<&[TokenTree]> =
        tokens.split(|token| angles.is_outside(token) && is_punct(Some(token), ',')).collect();
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    parts
}

/// Moves `at` behind `pub`, `pub(..)` or the `$vis` of a macro.
pub(crate) fn skip_visibility(tokens: &[TokenTree], at: &mut usize) {
    if group(tokens.get(*at), Delimiter::None).is_some() {
        *at += 1;
    } else if is_ident(tokens.get(*at), "pub") {
        *at += 1;
        if group(tokens.get(*at), Delimiter::Parenthesis).is_some() {
            *at += 1;
        }
    }
}

/// Returns `true` if one of the identifiers occurs in the tokens, at any depth.
pub(crate) fn mentions(tokens: &TokenStream, names: &[&str]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.iter().any(|name| ident == name),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
