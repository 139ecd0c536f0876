//! Outer attributes, `#[path ..]`.

use crate::tokens::{flattened, group, is_punct};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An attribute, kept as the user wrote it.
pub(crate) struct Attribute {
    pub(crate) pound: TokenTree,
    pub(crate) bracket: Group,
    /// The path as text, `a::b`.
    pub(crate) path: String,
}

impl Attribute {
    /// Returns the tokens that follow the path.
    pub(crate) fn content(&self) -> Vec<TokenTree> {
        let tokens: Vec<TokenTree> = self.bracket.stream().into_iter().collect();
        let tokens = flattened(&tokens);
        let end = path_length(&tokens);
        tokens[end..].to_vec()
    }

    /// Returns the attribute as it was written.
    pub(crate) fn tokens(&self) -> TokenStream {
        [self.pound.clone(), TokenTree::Group(self.bracket.clone())].into_iter().collect()
    }
}

/// Parses the outer attributes at `at` and moves `at` behind them.
pub(crate) fn attributes(tokens: &[TokenTree], at: &mut usize) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    while is_punct(tokens.get(*at), '#') {
        let Some(bracket) = group(tokens.get(*at + 1), Delimiter::Bracket) else { break };
        let content: Vec<TokenTree> = bracket.stream().into_iter().collect();
        let content = flattened(&content);
        let path = content[..path_length(&content)].iter().map(ToString::to_string).collect();
        attributes.push(Attribute { pound: tokens[*at].clone(), bracket: bracket.clone(), path });
        *at += 2;
    }
    attributes
}

/// Splits inner attributes, `#![..]`, from the tokens that follow them.
pub(crate) fn split_inner(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let mut end = 0;
    while is_punct(tokens.get(end), '#') && is_punct(tokens.get(end + 1), '!') {
        end += 3;
    }
    tokens.split_at(end.min(tokens.len()))
}

/// Returns the number of tokens that belong to the path at the start of an attribute.
fn path_length(tokens: &[TokenTree]) -> usize {
    let in_path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), ':');
    tokens.iter().position(|token| !in_path(token)).unwrap_or(tokens.len())
}
