use crate::errors::{Errors, suggestion};
use crate::parse::field::Field;
use crate::parse::value::{self, Capture, Value, Verdict};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, ExprLit, Lit, LitStr, Path, Result, Token};

const KNOWN: [&str; 15] = [
    "tracer",
    "name",
    "kind",
    "fields",
    "args",
    "ret",
    "err",
    "ok_if",
    "error_if",
    "parent",
    "links",
    "event_type",
    "enabled",
    "crate",
    "skip",
];

/// What stands in the parentheses of `#[traced(..)]`.
#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) krate: Option<Path>,
    pub(crate) tracer: Option<Value>,
    pub(crate) name: Option<(Span, Value)>,
    /// A variant of `Kind`.
    pub(crate) kind: Option<Ident>,
    pub(crate) fields: Vec<Field>,
    /// The parameters named in `args(..)`.
    pub(crate) captured: Vec<Ident>,
    pub(crate) ret: Option<Capture>,
    pub(crate) err: Option<Capture>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) parent: Option<Expr>,
    pub(crate) links: Option<Expr>,
    pub(crate) event_type: Option<Expr>,
    pub(crate) enabled: Option<Expr>,
    pub(crate) skip: Option<Span>,
    /// Every argument as it was written, for handing on to the functions of a block.
    pub(crate) written: Vec<(String, TokenStream)>,
}

/// Parses the arguments; what cannot be understood is reported and skipped.
pub(crate) fn arguments(tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments::default();
    if tokens.is_empty() {
        return arguments;
    }
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let start = input.cursor();
            match argument(input, &mut arguments, errors) {
                Ok(key) => {
                    let mut cursor = start;
                    let mut written = TokenStream::new();
                    while cursor != input.cursor() {
                        let Some((token, next)) = cursor.token_tree() else { break };
                        written.extend([token]);
                        cursor = next;
                    }
                    arguments.written.push((key, written));
                }
                Err(error) => {
                    errors.push(error);
                    skip_argument(input)?;
                }
            }
            if input.is_empty() {
                break;
            }
            if !input.peek(Token![,]) {
                errors.push(input.error("expected `,` between arguments"));
                skip_argument(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
    arguments
}

fn argument(input: ParseStream<'_>, arguments: &mut Arguments, errors: &mut Errors) -> Result<String> {
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        return Err(Error::new(
            text.span(),
            format!("expected an argument; for the span's name write `name = {}`", quote!(#text)),
        ));
    }
    if !input.peek(Ident::peek_any) {
        return Err(
            input.error("expected an argument such as `tracer = \"..\"`, `name = \"..\"` or `fields(..)`")
        );
    }
    let ident = Ident::parse_any(input)?;
    let (key, span) = (ident.to_string(), ident.span());
    if arguments.written.iter().any(|(earlier, _)| *earlier == key) {
        return Err(Error::new(span, format!("`{key}` is given twice")));
    }
    match key.as_str() {
        "tracer" => {
            let hint = "an expression that gives a tracer: a name, a `Tracer`, a `Route`, an `Assignment` or an `Option` of them";
            arguments.tracer =
                Some(Value::parse(input, &ident, hint, "leave it out to use the ambient tracer")?);
        }
        "name" => {
            let hint = "an expression that gives a string";
            let empty = "leave it out to use the name of the function";
            arguments.name = Some((span, Value::parse(input, &ident, hint, empty)?));
        }
        "kind" => arguments.kind = Some(kind(input, &ident)?),
        "fields" => list(input, &ident, "key = value", errors, |content| {
            arguments.fields.push(Field::parse(content)?);
            Ok(())
        })?,
        "args" => list(input, &ident, "parameter", errors, |content| {
            if !content.peek(Ident::peek_any) {
                return Err(content.error("expected the name of a parameter"));
            }
            arguments.captured.push(Ident::parse_any(content)?);
            Ok(())
        })?,
        "ret" => arguments.ret = Some(Capture::parse(input, "ret", span)?),
        "err" => arguments.err = Some(Capture::parse(input, "err", span)?),
        "ok_if" => arguments.verdict = Some(verdict(input, &ident, "ok_if", arguments)?),
        "error_if" => arguments.verdict = Some(verdict(input, &ident, "error_if", arguments)?),
        "parent" => arguments.parent = Some(value::expression(input, &ident)?),
        "links" => arguments.links = Some(value::expression(input, &ident)?),
        "event_type" => arguments.event_type = Some(event_type(input, &ident)?),
        "enabled" => arguments.enabled = Some(value::expression(input, &ident)?),
        "crate" => {
            value::equals(input, &ident, "expected `crate = path`")?;
            let path = input.call(Path::parse_mod_style);
            arguments.krate = Some(path.map_err(|error| {
                Error::new(error.span(), "expected a path, as in `crate = my_crate::multitracer`")
            })?);
        }
        "skip" => arguments.skip = Some(span),
        _ => {
            let suggestion = match key.as_str() {
                "skip_all" => "; nothing is captured unless `args(..)` asks for it".to_owned(),
                "level" | "target" => "; a span has no level or target".to_owned(),
                "properties" | "attributes" => "; did you mean `fields`?".to_owned(),
                "follows_from" => "; did you mean `links`?".to_owned(),
                _ => suggestion(&key, KNOWN),
            };
            return Err(Error::new(span, format!("unknown argument `{key}`{suggestion}")));
        }
    }
    Ok(key)
}

fn kind(input: ParseStream<'_>, key: &Ident) -> Result<Ident> {
    const KINDS: [(&str, &str); 5] = [
        ("internal", "Internal"),
        ("server", "Server"),
        ("client", "Client"),
        ("producer", "Producer"),
        ("consumer", "Consumer"),
    ];
    let expected = "expected `internal`, `server`, `client`, `producer` or `consumer` in quotes";
    value::equals(input, key, expected)?;
    if !input.peek(LitStr) {
        return Err(value::missing(input, key, expected));
    }
    let text: LitStr = input.parse()?;
    let written = text.value();
    let found = KINDS.iter().find(|(name, _)| *name == written);
    found.map(|(_, variant)| Ident::new(variant, Span::mixed_site())).ok_or_else(|| {
        let suggestion = suggestion(&written.to_lowercase(), KINDS.map(|(name, _)| name));
        Error::new(text.span(), format!("unknown kind `{written}`{suggestion}: {expected}"))
    })
}

fn event_type(input: ParseStream<'_>, key: &Ident) -> Result<Expr> {
    let value = value::expression(input, key)?;
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

fn verdict(
    input: ParseStream<'_>,
    ident: &Ident,
    key: &'static str,
    arguments: &Arguments,
) -> Result<Verdict> {
    let span = ident.span();
    let predicate = value::expression(input, ident)?;
    match &arguments.verdict {
        Some(earlier) => Err(Error::new(span, format!("`{key}` and `{}` exclude each other", earlier.key))),
        None => Ok(Verdict { key, span, predicate }),
    }
}

/// Parses `(a, b, ..)`; a mistake in one entry does not hide the others.
fn list(
    input: ParseStream<'_>,
    key: &Ident,
    entry: &str,
    errors: &mut Errors,
    mut one: impl FnMut(ParseStream<'_>) -> Result<()>,
) -> Result<()> {
    if !input.peek(syn::token::Paren) {
        return Err(value::missing(input, key, &format!("expected `{key}({entry}, ..)`")));
    }
    let content;
    syn::parenthesized!(content in input);
    while !content.is_empty() {
        if let Err(error) = one(&content) {
            errors.push(error);
            skip_argument(&content)?;
        }
        if !content.is_empty() && !content.peek(Token![,]) {
            errors.push(content.error("expected `,`"));
            skip_argument(&content)?;
        }
        if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

/// On to the next comma.
fn skip_argument(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
