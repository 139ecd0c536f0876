//! The expansion of `impl` blocks and inline modules.
//!
//! Every function gets its own `#[traced]`, so that other macros below still see the function.

use crate::errors::Errors;
use crate::parse::{
    self, Arguments, Block, BlockContent, BlockItem, BlockItemKind, BlockKind, WrittenArgument,
};
use crate::tokens::{is_punct, regroup};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// Forwards the shared arguments to the items of the block.
pub(crate) fn block(shared: &Arguments, block: Block, errors: &mut Errors) -> TokenStream {
    let BlockContent { inner_attributes, items } = block.content();
    let items: Vec<TokenStream> =
        items.into_iter().map(|item| self::item(shared, &block.kind, item, errors)).collect();
    let attributes = block.attributes.iter().map(parse::Attribute::tokens);
    let head = block.head;
    let body = regroup(&block.body, quote!(#inner_attributes #(#items)*));
    quote!(#(#attributes)* #(#head)* #body)
}

/// Puts `#[traced]` with the merged arguments on one item.
fn item(shared: &Arguments, kind: &BlockKind, item: BlockItem, errors: &mut Errors) -> TokenStream {
    let BlockItem { attributes, tokens, kind: item_kind } = item;
    let (own, others): (Vec<_>, Vec<_>) =
        attributes.into_iter().partition(|attribute| is_traced(&attribute.path));
    let others = others.iter().map(parse::Attribute::tokens);
    let own: Vec<Arguments> = own.iter().map(|attribute| own_arguments(attribute, errors)).collect();
    let is_skipped = own.iter().any(|own| own.span_of("skip").is_some());
    if is_skipped || item_kind == BlockItemKind::Other && own.is_empty() {
        return quote!(#(#others)* #(#tokens)*);
    }
    let mut arguments = merged(shared, &own);
    let is_named = own.iter().any(|own| own.name.is_some());
    if let (BlockItemKind::Function(name), BlockKind::Impl(Some(ty)), false) = (&item_kind, kind, is_named) {
        let name = format!("{ty}::{name}");
        arguments.push(quote!(name = #name));
    }
    let mixed_site = Span::mixed_site();
    let root = match own.iter().rev().chain([shared]).find_map(|arguments| arguments.crate_path.as_ref()) {
        Some(path) => quote!(#path),
        None => quote_spanned!(mixed_site=> ::multitracer),
    };
    quote!(#[#root::traced(#(#arguments),*)] #(#others)* #(#tokens)*)
}

/// Merges the arguments of a block and of one of its functions.
///
/// An argument of the function overrides that of the block; fields of both are kept.
fn merged(shared: &Arguments, own: &[Arguments]) -> Vec<TokenStream> {
    let is_given = |key: &str| own.iter().any(|own| own.span_of(key).is_some());
    let is_overridden = |key: &str| match key {
        "ok_if" | "error_if" => is_given("ok_if") || is_given("error_if"),
        _ => is_given(key),
    };
    let mut arguments: Vec<TokenStream> = Vec::new();
    let mut fields: Vec<TokenStream> = Vec::new();
    for (source, from_block) in std::iter::once((shared, true)).chain(own.iter().map(|own| (own, false))) {
        for WrittenArgument { key, tokens, .. } in &source.written {
            if key == "fields" {
                fields.push(last_list(tokens.clone()));
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

/// Parses the arguments of an item's own `#[traced(..)]`.
fn own_arguments(attribute: &parse::Attribute, errors: &mut Errors) -> Arguments {
    parse::arguments(last_list(attribute.content().into_iter().collect()), errors)
}

/// Returns the content of the last parentheses, without a trailing comma.
fn last_list(tokens: TokenStream) -> TokenStream {
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
