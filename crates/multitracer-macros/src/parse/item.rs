use crate::errors::Errors;
use crate::parse::block::{Block, BlockKind};
use crate::parse::function::{Attribute, Function, attributes, visibility};
use crate::tokens::{group, is_ident, is_punct, regroup, stream};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

/// What `#[traced]` stands on.
pub(crate) enum Item {
    Function(Box<Function>),
    Block(Block),
}

/// Finds out what the item is; says what to do instead if it is nothing that can be traced.
pub(crate) fn item(tokens: TokenStream, errors: &mut Errors) -> Option<Item> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let attributes = attributes(&tokens, &mut at);
    let start = at;
    visibility(&tokens, &mut at);
    let mut keyword = at;
    while ["unsafe", "default"].iter().any(|word| is_ident(tokens.get(keyword), word)) {
        keyword += 1;
    }
    if is_ident(tokens.get(keyword), "impl") || is_ident(tokens.get(keyword), "mod") {
        return block(attributes, &tokens, start, keyword, errors).map(Item::Block);
    }
    if let Some((span, message)) = other(tokens.get(keyword), tokens.get(keyword + 1)) {
        errors.add(span, message);
        return None;
    }
    Function::parse(attributes, tokens, start, errors).map(|function| Item::Function(Box::new(function)))
}

fn block(
    attributes: Vec<Attribute>,
    tokens: &[TokenTree],
    start: usize,
    keyword: usize,
    errors: &mut Errors,
) -> Option<Block> {
    let Some(body) = group(tokens.last(), Delimiter::Brace) else {
        errors.add(
            tokens[keyword].span(),
            "`#[traced]` needs to see what is in the module; put it on an inline module or on the functions",
        );
        return None;
    };
    let kind = if is_ident(tokens.get(keyword), "impl") {
        BlockKind::of_impl(&tokens[keyword + 1..tokens.len() - 1])
    } else {
        BlockKind::Module
    };
    let head = tokens[start..tokens.len() - 1].to_vec();
    Some(Block { attributes, head, body: body.clone(), kind })
}

/// The error for an item that is no function, from its first two words.
fn other(first: Option<&TokenTree>, second: Option<&TokenTree>) -> Option<(Span, String)> {
    let first = first?;
    let TokenTree::Ident(word) = first else {
        return Some((
            first.span(),
            "`#[traced]` goes on functions, `impl` blocks and inline modules".to_owned(),
        ));
    };
    let word = word.to_string();
    let message = match word.as_str() {
        "trait" => {
            "`#[traced]` does not go on a trait; put it on the methods that have a body, or on the `impl` blocks".to_owned()
        }
        "const" | "static" if !matches!(second, Some(TokenTree::Ident(next)) if ["fn", "unsafe", "extern", "async"].iter().any(|word| next == word)) => {
            format!("`#[traced]` goes on functions, `impl` blocks and inline modules, found a `{word}` item")
        }
        "struct" | "enum" | "union" | "type" | "use" | "macro_rules" | "macro" => {
            format!("`#[traced]` goes on functions, `impl` blocks and inline modules, found `{word}`")
        }
        "let" => "`#[traced]` goes on functions; a closure cannot be traced, but a function inside this one can".to_owned(),
        "extern" if matches!(second, Some(TokenTree::Ident(next)) if next == "crate") => {
            "`#[traced]` goes on functions, `impl` blocks and inline modules, found `extern crate`".to_owned()
        }
        _ => return None,
    };
    Some((first.span(), message))
}

/// The item as it was, without the `#[attr]`s on its parameters, which are nothing to rustc.
pub(crate) fn untouched(item: TokenStream) -> TokenStream {
    let strip = |token: TokenTree| match &token {
        TokenTree::Group(parens) if parens.delimiter() == Delimiter::Parenthesis => {
            let tokens: Vec<TokenTree> = parens.stream().into_iter().collect();
            let mut kept = Vec::with_capacity(tokens.len());
            let mut at = 0;
            while at < tokens.len() {
                let bracket =
                    is_punct(tokens.get(at), '#').then(|| group(tokens.get(at + 1), Delimiter::Bracket));
                if bracket
                    .flatten()
                    .is_some_and(|inner| is_ident(inner.stream().into_iter().next().as_ref(), "attr"))
                {
                    at += 2;
                    continue;
                }
                kept.push(tokens[at].clone());
                at += 1;
            }
            if kept.len() == tokens.len() { token } else { TokenTree::Group(regroup(parens, stream(&kept))) }
        }
        _ => token,
    };
    item.into_iter().map(strip).collect()
}
