//! The values of single arguments: `tracer`, `name`, `kind`, `ret`, `err`, `ok_if` and others.

use crate::errors::suggestion;
use crate::parse::Format;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Path, Result, Token};

/// A value of `tracer` or `name`.
pub(crate) enum Value {
    /// A string literal or a `const { .. }` block, stored in the static of the call site.
    Static(TokenStream),
    /// Any other expression, evaluated on each call.
    Dynamic(Expr),
}

impl Value {
    /// Parses `= value`. `alternative` and `if_empty` complete the messages of errors.
    pub(crate) fn parse(
        input: ParseStream<'_>,
        key: &Ident,
        alternative: &str,
        if_empty: &str,
    ) -> Result<Self> {
        match expression(input, key)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty() => {
                Err(Error::new(text.span(), format!("`{key}` must not be empty; {if_empty}")))
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), attrs }) if attrs.is_empty() => {
                Ok(Self::Static(text.into_token_stream()))
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                Err(Error::new(lit.span(), format!("`{key}` must be a string literal or {alternative}")))
            }
            constant @ Expr::Const(_) => Ok(Self::Static(constant.into_token_stream())),
            other => Ok(Self::Dynamic(other)),
        }
    }
}

/// An argument `ret` or `err`.
pub(crate) struct Capture {
    pub(crate) span: Span,
    pub(crate) format: Format,
}

impl Capture {
    /// Parses the optional `(Debug)` or `(Display)` behind `ret` or `err`.
    pub(crate) fn parse(input: ParseStream<'_>, key: &str, span: Span) -> Result<Self> {
        if input.peek(Token![=]) {
            return Err(input.error(format!(
                "`{key}` takes no value; write `{key}`, `{key}(Debug)` or `{key}(Display)`"
            )));
        }
        if !input.peek(syn::token::Paren) {
            return Ok(Self { span, format: Format::ByType });
        }
        let content;
        syn::parenthesized!(content in input);
        let expected = format!("expected `{key}(Debug)` or `{key}(Display)`");
        let style: Ident = content.parse().map_err(|error| Error::new(error.span(), &expected))?;
        let format = match style.to_string().as_str() {
            "Debug" => Format::Debug,
            "Display" => Format::Display,
            _ => {
                discard(&content);
                return Err(Error::new(style.span(), expected));
            }
        };
        if content.is_empty() { Ok(Self { span, format }) } else { Err(unexpected(&content, &expected)) }
    }
}

/// An argument `ok_if` or `error_if`.
pub(crate) struct StatusPredicate {
    pub(crate) key: &'static str,
    pub(crate) span: Span,
    pub(crate) predicate: Expr,
}

/// Parses `= "client"` into a variant of `Kind`.
pub(crate) fn kind(input: ParseStream<'_>, key: &Ident) -> Result<Ident> {
    const KINDS: [(&str, &str); 5] = [
        ("internal", "Internal"),
        ("server", "Server"),
        ("client", "Client"),
        ("producer", "Producer"),
        ("consumer", "Consumer"),
    ];
    let expected = "expected `internal`, `server`, `client`, `producer` or `consumer` in quotes";
    equals(input, key, expected)?;
    if !input.peek(LitStr) {
        return Err(missing(input, key, expected));
    }
    let text: LitStr = input.parse()?;
    let written = text.value();
    let found = KINDS.iter().find(|(name, _)| *name == written);
    found.map(|(_, variant)| Ident::new(variant, Span::mixed_site())).ok_or_else(|| {
        let suggestion = suggestion(&written.to_lowercase(), KINDS.map(|(name, _)| name));
        Error::new(text.span(), format!("unknown kind `{written}`{suggestion} ({expected})"))
    })
}

/// Parses `= "model"` or another expression.
pub(crate) fn event_type(input: ParseStream<'_>, key: &Ident) -> Result<Expr> {
    let value = expression(input, key)?;
    match &value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty() => {
            Err(Error::new(text.span(), "`event_type` must not be empty"))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Ok(value),
        Expr::Lit(ExprLit { lit, .. }) => {
            Err(Error::new(lit.span(), "`event_type` must be a string such as \"model\" or \"tool\""))
        }
        _ => Ok(value),
    }
}

/// Parses `= path`.
pub(crate) fn crate_path(input: ParseStream<'_>, key: &Ident) -> Result<Path> {
    equals(input, key, "expected `crate = path`")?;
    let path = input.call(Path::parse_mod_style);
    path.map_err(|error| Error::new(error.span(), "expected a path, as in `crate = my_crate::multitracer`"))
}

/// Parses `= expression`.
pub(crate) fn expression(input: ParseStream<'_>, key: &Ident) -> Result<Expr> {
    equals(input, key, &format!("expected `{key} = ..`"))?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing(input, key, &format!("expected an expression after `{key} =`")));
    }
    input.parse()
}

/// Parses `=`.
pub(crate) fn equals(input: ParseStream<'_>, key: &Ident, message: &str) -> Result<()> {
    if !input.peek(Token![=]) {
        return Err(missing(input, key, message));
    }
    input.parse::<Token![=]>().map(|_| ())
}

/// Returns an error at the next token, or at the key if no token follows.
pub(crate) fn missing(input: ParseStream<'_>, key: &Ident, message: &str) -> Error {
    if input.is_empty() { Error::new(key.span(), message) } else { input.error(message) }
}

/// Reads to the end of a group. Otherwise syn reports its rest as a second error.
pub(crate) fn discard(input: ParseStream<'_>) {
    let _rest: Result<TokenStream> = input.parse();
}

/// Returns an error at the next token and skips the rest of the group.
pub(crate) fn unexpected(input: ParseStream<'_>, message: &str) -> Error {
    let error = input.error(message);
    discard(input);
    error
}
