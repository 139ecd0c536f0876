//! The entries of `fields(..)`.

use crate::parse::value::discard;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, LitStr, Result, Token};

/// The conversion of a value into an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The conversion that the type of the value has.
    ByType,
    /// The text of its `Display` implementation.
    Display,
    /// The text of its `Debug` implementation.
    Debug,
}

/// An entry of `fields(..)`.
pub(crate) struct Field {
    /// The key as an expression.
    pub(crate) key: TokenStream,
    /// The text of the key; `None` if a constant holds it.
    pub(crate) text: Option<String>,
    pub(crate) span: Span,
    pub(crate) format: Format,
    pub(crate) value: Expr,
}

impl Field {
    /// Parses `key = [%|?] expr` or `[%|?] name`.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        if let Some(format) = format(input)? {
            let (span, names) = dotted(input)?;
            return Self::shorthand(span, &names, format);
        }
        if input.peek(syn::token::Brace) {
            let span = input.span();
            let key: Expr = braced(input)?;
            let value = Value::parse(input)?;
            return Ok(Self {
                key: key.into_token_stream(),
                text: None,
                span,
                format: value.format,
                value: value.expr,
            });
        }
        if input.peek(LitStr) {
            let key: LitStr = input.parse()?;
            if key.value().is_empty() {
                return Err(Error::new(key.span(), "the key of a field must not be empty"));
            }
            let value = Value::parse(input)?;
            let text = Some(key.value());
            return Ok(Self {
                span: key.span(),
                key: key.into_token_stream(),
                text,
                format: value.format,
                value: value.expr,
            });
        }
        let (span, names) = dotted(input)?;
        if !input.peek(Token![=]) {
            return Self::shorthand(span, &names, Format::ByType);
        }
        let value = Value::parse(input)?;
        let text = text(&names);
        let key = LitStr::new(&text, span).into_token_stream();
        Ok(Self { key, text: Some(text), span, format: value.format, value: value.expr })
    }

    /// Expands `e` to `e = e`, and `user.id` to `user.id = user.id`.
    fn shorthand(span: Span, names: &[Ident], format: Format) -> Result<Self> {
        let text = text(names);
        let dot = quote_spanned!(span=> .);
        let mut path = TokenStream::new();
        for (i, name) in names.iter().enumerate() {
            if i > 0 {
                path.extend(dot.clone());
            }
            path.extend(name.to_token_stream());
        }
        let value = syn::parse2(path).map_err(|_| {
            Error::new(span, format!("`{text}` is not an expression; write `{text} = value`"))
        })?;
        Ok(Self { key: LitStr::new(&text, span).into_token_stream(), text: Some(text), span, format, value })
    }
}

/// The part of a field after its key.
struct Value {
    format: Format,
    expr: Expr,
}

impl Value {
    /// Parses `= [%|?] expr`.
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(Token![=]) {
            return Err(input.error("expected `= value` after the key of a field"));
        }
        input.parse::<Token![=]>()?;
        let format = format(input)?.unwrap_or(Format::ByType);
        if input.is_empty() || input.peek(Token![,]) {
            return Err(input.error("expected a value"));
        }
        Ok(Self { format, expr: input.parse()? })
    }
}

/// Parses `%` or `?`.
fn format(input: ParseStream<'_>) -> Result<Option<Format>> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        return Ok(Some(Format::Display));
    }
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        return Ok(Some(Format::Debug));
    }
    Ok(None)
}

/// Parses identifiers and keywords with dots between them, `a.type.b`.
fn dotted(input: ParseStream<'_>) -> Result<(Span, Vec<Ident>)> {
    let span = input.span();
    if !input.peek(Ident::peek_any) {
        return Err(
            input.error("expected `key = value`: a key is a dotted name, a string literal or `{CONSTANT}`")
        );
    }
    let mut names = vec![Ident::parse_any(input)?];
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        if !input.peek(Ident::peek_any) {
            return Err(
                input.error("expected a name after the dot; write an unusual key as a string literal")
            );
        }
        names.push(Ident::parse_any(input)?);
    }
    Ok((span, names))
}

/// Joins the names of a dotted key.
fn text(names: &[Ident]) -> String {
    names.iter().map(|name| name.unraw().to_string()).collect::<Vec<_>>().join(".")
}

/// Parses a key `{CONSTANT}`.
fn braced(input: ParseStream<'_>) -> Result<Expr> {
    let content;
    syn::braced!(content in input);
    let key = content.parse()?;
    if !content.is_empty() {
        let error = content.error("expected one constant expression");
        discard(&content);
        return Err(error);
    }
    Ok(key)
}
