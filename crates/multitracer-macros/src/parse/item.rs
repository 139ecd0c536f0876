//! The item below `#[traced]`: a function, an `impl` block or a module.

use crate::errors::Errors;
use crate::parse::attribute::{Attribute, attributes};
use crate::parse::block::{Block, BlockKind};
use crate::parse::function::Function;
use crate::tokens::{group, is_ident, is_punct, regroup, skip_visibility, stream};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Error, Result};

/// The message for an item that cannot be traced.
pub(super) const NOT_TRACEABLE: &str =
    "`#[traced]` can be used on functions, `impl` blocks and inline modules";

/// An item that can be traced.
pub(crate) enum Item {
    Function(Box<Function>),
    Block(Block),
}

/// Parses the item. Returns `None` and adds an error if it cannot be traced.
pub(crate) fn item(tokens: TokenStream, errors: &mut Errors) -> Option<Item> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let attributes = attributes(&tokens, &mut at);
    let start = at;
    skip_visibility(&tokens, &mut at);
    let mut keyword = at;
    while ["unsafe", "default"].iter().any(|word| is_ident(tokens.get(keyword), word)) {
        keyword += 1;
    }
    if is_ident(tokens.get(keyword), "impl") || is_ident(tokens.get(keyword), "mod") {
        return errors.take(block(attributes, &tokens, start, keyword)).map(Item::Block);
    }
    errors.take(refuse_other_items(tokens.get(keyword), tokens.get(keyword + 1)))?;
    Function::parse(attributes, tokens, start, errors).map(|function| Item::Function(Box::new(function)))
}

fn block(attributes: Vec<Attribute>, tokens: &[TokenTree], start: usize, keyword: usize) -> Result<Block> {
    let Some(body) = group(tokens.last(), Delimiter::Brace) else {
        return Err(Error::new(
            tokens[keyword].span(),
            "`#[traced]` needs a module with a body; put it on an inline module or on the functions",
        ));
    };
    let kind = if is_ident(tokens.get(keyword), "impl") {
        BlockKind::of_impl(&tokens[keyword + 1..tokens.len() - 1])
    } else {
        BlockKind::Module
    };
    let head = tokens[start..tokens.len() - 1].to_vec();
    Ok(Block { attributes, head, body: body.clone(), kind })
}

/// Returns an error if the first two words belong to an item that is not a function.
fn refuse_other_items(first: Option<&TokenTree>, second: Option<&TokenTree>) -> Result<()> {
    let Some(first) = first else { return Ok(()) };
    let TokenTree::Ident(word) = first else { return Err(Error::new(first.span(), NOT_TRACEABLE)) };
    let is_followed_by = |words: &[&str]| words.iter().any(|word| is_ident(second, word));
    let word = word.to_string();
    let message = match word.as_str() {
        "trait" => {
            "`#[traced]` cannot be used on a trait; put it on the methods that have a body, or on the `impl` blocks"
                .to_owned()
        }
        "const" | "static" if !is_followed_by(&["fn", "unsafe", "extern", "async"]) => {
            format!("{NOT_TRACEABLE}, found a `{word}` item")
        }
        "struct" | "enum" | "union" | "type" | "use" | "macro_rules" | "macro" => {
            format!("{NOT_TRACEABLE}, found `{word}`")
        }
        "let" => {
            "`#[traced]` cannot be used on a `let` statement or a closure; move the code to a function"
                .to_owned()
        }
        "extern" if is_followed_by(&["crate"]) => format!("{NOT_TRACEABLE}, found `extern crate`"),
        _ => return Ok(()),
    };
    Err(Error::new(first.span(), message))
}

/// Returns the item without `#[attr]` on its parameters, because rustc does not know this
/// attribute.
pub(crate) fn without_attr(item: TokenStream) -> TokenStream {
    let strip = |token: TokenTree| match &token {
        TokenTree::Group(parens) if parens.delimiter() == Delimiter::Parenthesis => {
            let tokens: Vec<TokenTree> = parens.stream().into_iter().collect();
            let mut kept = Vec::with_capacity(tokens.len());
            let mut at = 0;
            while at < tokens.len() {
                if is_attr(&tokens[at..]) {
                    at += 2;
                } else {
                    kept.push(tokens[at].clone());
                    at += 1;
                }
            }
            if kept.len() == tokens.len() { token } else { TokenTree::Group(regroup(parens, stream(&kept))) }
        }
        _ => token,
    };
    item.into_iter().map(strip).collect()
}

/// Returns `true` if the tokens start with `#[attr ..]`.
fn is_attr(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), '#')
        && group(tokens.get(1), Delimiter::Bracket)
            .is_some_and(|inner| is_ident(inner.stream().into_iter().next().as_ref(), "attr"))
}
