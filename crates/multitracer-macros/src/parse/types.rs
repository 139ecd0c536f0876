//! Parts of a type, read from its tokens.

use crate::tokens::{Angles, is_punct, regroup, split_commas, stream};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Returns the last name of a path and the tokens in the angle brackets behind it.
///
/// Returns `None` if the tokens are not a plain path.
pub(crate) fn last_segment(path: &[TokenTree]) -> Option<(Ident, &[TokenTree])> {
    let mut angles = Angles::default();
    let mut last = None;
    for (i, token) in path.iter().enumerate() {
        if !angles.is_outside(token) {
            continue;
        }
        match token {
            TokenTree::Ident(ident) => last = Some((ident.clone(), i + 1)),
            TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '?') => {}
            TokenTree::Group(parens) if parens.delimiter() == Delimiter::Parenthesis => {}
            _ => return None,
        }
    }
    let (name, after) = last?;
    let rest = &path[after..];
    let is_list = is_punct(rest.first(), '<') && is_punct(rest.last(), '>') && rest.len() >= 2;
    Some((name, if is_list { &rest[1..rest.len() - 1] } else { &[] }))
}

/// Returns the output of `Box<dyn Future<Output = ..> + ..>`.
pub(super) fn boxed_output(arguments: &[TokenTree]) -> Option<TokenStream> {
    let (name, inner) = last_segment(arguments)?;
    let (true, [TokenTree::Ident(word), bounds @ ..]) = (name == "Box", inner) else { return None };
    if word != "dyn" {
        return None;
    }
    let mut angles = Angles::default();
    bounds.split(|token| angles.is_outside(token) && is_punct(Some(token), '+')).find_map(|part| {
        let (name, _) = last_segment(part)?;
        if name == "Future" { associated_output(part) } else { None }
    })
}

/// Returns the `T` of `Future<Output = T>`.
pub(super) fn associated_output(bound: &[TokenTree]) -> Option<TokenStream> {
    let (_, arguments) = last_segment(bound)?;
    split_commas(arguments).into_iter().find_map(|argument| match argument {
        [TokenTree::Ident(name), TokenTree::Punct(eq), ty @ ..]
            if name == "Output" && eq.as_char() == '=' =>
        {
            Some(stream(ty))
        }
        _ => None,
    })
}

/// Replaces every `impl Trait` by `_`, so that the type can be written inside the body.
pub(crate) fn erase_impl(ty: &[TokenTree]) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut at = 0;
    while let Some(token) = ty.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                erased.extend([TokenTree::Ident(Ident::new("_", word.span()))]);
                let mut angles = Angles::default();
                while let Some(next) = ty.get(at) {
                    let closes = is_punct(Some(next), '>');
                    let is_outside = angles.is_outside(next);
                    if is_outside && (is_punct(Some(next), ',') || closes && !is_arrow(ty, at)) {
                        break;
                    }
                    at += 1;
                }
            }
            TokenTree::Group(inner) => {
                let content: Vec<TokenTree> = inner.stream().into_iter().collect();
                erased.extend([TokenTree::Group(regroup(inner, erase_impl(&content)))]);
            }
            other => erased.extend([other.clone()]),
        }
    }
    erased
}

/// Returns `true` if the `>` at `at` is the end of `->`.
fn is_arrow(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && is_punct(tokens.get(at - 1), '-')
}
