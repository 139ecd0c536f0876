//! `impl` blocks and inline modules: every function gets an attribute of its own, so that other macros below still see it.

use crate::errors::Errors;
use crate::parse::{self, Arguments, Block, BlockItem, BlockItemKind, BlockKind};
use crate::tokens::{is_punct, regroup};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// Hands the shared arguments on to the items of the block.
pub(crate) fn block(shared: &Arguments, block: Block, errors: &mut Errors) -> TokenStream {
    let (inner, items) = block.items();
    let items: Vec<TokenStream> =
        items.into_iter().map(|item| self::item(shared, &block.kind, item, errors)).collect();
    let attributes = block.attributes.iter().map(parse::Attribute::tokens);
    let head = block.head;
    let body = regroup(&block.body, quote!(#inner #(#items)*));
    quote!(#(#attributes)* #(#head)* #body)
}

fn item(shared: &Arguments, kind: &BlockKind, item: BlockItem, errors: &mut Errors) -> TokenStream {
    let BlockItem { attributes, tokens, kind: item_kind } = item;
    let (own, others): (Vec<_>, Vec<_>) =
        attributes.into_iter().partition(|attribute| is_traced(&attribute.path));
    let others = others.iter().map(parse::Attribute::tokens);
    let own: Vec<Arguments> = own.iter().map(|attribute| own_arguments(attribute, errors)).collect();
    let skipped = own.iter().any(|own| own.skip.is_some());
    if skipped || item_kind == BlockItemKind::Other && own.is_empty() {
        return quote!(#(#others)* #(#tokens)*);
    }
    let mut arguments = merged(shared, &own);
    let is_named = own.iter().any(|own| own.name.is_some());
    if let (BlockItemKind::Function(name), BlockKind::Impl(Some(ty)), false) = (&item_kind, kind, is_named) {
        let name = format!("{ty}::{name}");
        arguments.push(quote!(name = #name));
    }
    let here = Span::mixed_site();
    let root = match own.iter().rev().chain([shared]).find_map(|arguments| arguments.krate.as_ref()) {
        Some(path) => quote!(#path),
        None => quote_spanned!(here=> ::multitracer),
    };
    quote!(#[#root::traced(#(#arguments),*)] #(#others)* #(#tokens)*)
}

/// The function's own arguments, and those of the block that it does not give itself. Fields add up.
fn merged(shared: &Arguments, own: &[Arguments]) -> Vec<TokenStream> {
    let written = |key: &str| own.iter().any(|own| own.written.iter().any(|(other, _)| other == key));
    let is_overridden = |key: &str| match key {
        "ok_if" | "error_if" => written("ok_if") || written("error_if"),
        _ => written(key),
    };
    let mut arguments: Vec<TokenStream> = Vec::new();
    let mut fields: Vec<TokenStream> = Vec::new();
    for (source, from_block) in std::iter::once((shared, true)).chain(own.iter().map(|own| (own, false))) {
        for (key, tokens) in &source.written {
            if key == "fields" {
                fields.push(parenthesised(tokens.clone()));
            } else if !(from_block && is_overridden(key)) {
                arguments.push(tokens.clone());
            }
        }
    }
    if !fields.is_empty() {
        arguments.push(quote!(fields(#(#fields),*)));
    }
    arguments
}

fn own_arguments(attribute: &parse::Attribute, errors: &mut Errors) -> Arguments {
    parse::arguments(parenthesised(attribute.content().into_iter().collect()), errors)
}

/// What stands in the parentheses at the end, without a comma at its end.
fn parenthesised(tokens: TokenStream) -> TokenStream {
    let Some(TokenTree::Group(parens)) = tokens.into_iter().last() else { return TokenStream::new() };
    let mut inner: Vec<TokenTree> = parens.stream().into_iter().collect();
    if is_punct(inner.last(), ',') {
        inner.pop();
    }
    inner.into_iter().collect()
}

fn is_traced(path: &str) -> bool {
    path == "traced" || path.ends_with("::traced")
}
