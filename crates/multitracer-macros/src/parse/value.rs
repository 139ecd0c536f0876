use crate::parse::Format;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprLit, Lit, Result, Token};

/// The value of `tracer` or `name`.
pub(crate) enum Value {
    /// A string literal or a `const { .. }` block: goes into the call site's static.
    Static(TokenStream),
    /// Anything else: evaluated on each call.
    Dynamic(Expr),
}

impl Value {
    /// Parses what follows `key =`. `hint` says what else is possible, for a literal that makes no sense.
    pub(crate) fn parse(input: ParseStream<'_>, key: &Ident, hint: &str, empty: &str) -> Result<Self> {
        match expression(input, key)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty() => {
                Err(Error::new(text.span(), format!("`{key}` must not be empty; {empty}")))
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), attrs }) if attrs.is_empty() => {
                Ok(Self::Static(text.into_token_stream()))
            }
            Expr::Lit(ExprLit { lit, .. }) => {
                Err(Error::new(lit.span(), format!("`{key}` must be a string literal or {hint}")))
            }
            constant @ Expr::Const(_) => Ok(Self::Static(constant.into_token_stream())),
            other => Ok(Self::Dynamic(other)),
        }
    }
}

/// `ret`, `err` and how they write the value.
pub(crate) struct Capture {
    pub(crate) span: Span,
    pub(crate) format: Format,
}

impl Capture {
    /// Parses what follows `ret` or `err`: nothing, `(Debug)` or `(Display)`.
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
        let wrong = format!("expected `{key}(Debug)` or `{key}(Display)`");
        let style: Ident = content.parse().map_err(|error| Error::new(error.span(), &wrong))?;
        let format = match style.to_string().as_str() {
            "Debug" => Format::Debug,
            "Display" => Format::Display,
            _ => {
                discard(&content);
                return Err(Error::new(style.span(), wrong));
            }
        };
        if content.is_empty() { Ok(Self { span, format }) } else { Err(unexpected(&content, &wrong)) }
    }
}

/// `ok_if` or `error_if`.
pub(crate) struct Verdict {
    pub(crate) key: &'static str,
    pub(crate) span: Span,
    pub(crate) predicate: Expr,
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

/// An error at the next token; at the key if there is none.
pub(crate) fn missing(input: ParseStream<'_>, key: &Ident, message: &str) -> Error {
    if input.is_empty() { Error::new(key.span(), message) } else { input.error(message) }
}

/// Reads on to the end, so that syn does not report the rest of a group as unexpected on top of the error at hand.
pub(crate) fn discard(input: ParseStream<'_>) {
    let _rest: Result<TokenStream> = input.parse();
}

/// An error at the next token; the rest of the group is skipped.
pub(crate) fn unexpected(input: ParseStream<'_>, message: &str) -> Error {
    let error = input.error(message);
    discard(input);
    error
}
