//! Lists of arguments between parentheses.

use crate::errors::Errors;
use crate::parse::value;
use proc_macro2::{Ident, TokenTree};
use syn::parse::ParseStream;
use syn::{Result, Token};

/// Parses `(a, b, ..)`. A mistake in one entry does not hide the others.
///
/// `example` is an entry for the message of an error.
pub(crate) fn list(
    input: ParseStream<'_>,
    key: &Ident,
    example: &str,
    errors: &mut Errors,
    mut parse_entry: impl FnMut(ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    if !input.peek(syn::token::Paren) {
        return Err(value::missing(input, key, &format!("expected `{key}({example}, ..)`")));
    }
    let content;
    syn::parenthesized!(content in input);
    while !content.is_empty() {
        if let Err(error) = parse_entry(&content) {
            errors.push(error);
            skip_to_comma(&content)?;
        }
        if !content.is_empty() && !content.peek(Token![,]) {
            errors.push(content.error("expected `,`"));
            skip_to_comma(&content)?;
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// Skips the tokens up to the next comma.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
