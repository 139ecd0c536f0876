//! The arguments of `#[traced(..)]`.

use crate::errors::{Errors, suggestion};
use crate::parse::field::Field;
use crate::parse::list::{list, skip_to_comma};
use crate::parse::value::{self, Capture, StatusPredicate, Value};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, LitStr, Path, Result, Token};

/// The keys of all arguments.
const KEYS: [&str; 15] = [
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

/// The arguments in the parentheses of `#[traced(..)]`.
#[derive(Default)]
pub(crate) struct Arguments {
    /// The path of `multitracer`, from `crate = path`.
    pub(crate) crate_path: Option<Path>,
    pub(crate) tracer: Option<Value>,
    pub(crate) name: Option<Value>,
    /// A variant of `Kind`.
    pub(crate) kind: Option<Ident>,
    pub(crate) fields: Vec<Field>,
    /// The parameters in `args(..)`.
    pub(crate) captured_parameters: Vec<Ident>,
    pub(crate) ret: Option<Capture>,
    pub(crate) err: Option<Capture>,
    pub(crate) status_predicate: Option<StatusPredicate>,
    pub(crate) parent: Option<Expr>,
    pub(crate) links: Option<Expr>,
    pub(crate) event_type: Option<Expr>,
    pub(crate) enabled: Option<Expr>,
    /// Every argument as it was written. A block forwards them to its functions.
    pub(crate) written: Vec<WrittenArgument>,
}

/// An argument as the user wrote it.
pub(crate) struct WrittenArgument {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) tokens: TokenStream,
}

impl Arguments {
    /// Returns the place of the argument `key` if it is given.
    pub(crate) fn span_of(&self, key: &str) -> Option<Span> {
        self.written.iter().find(|argument| argument.key == key).map(|argument| argument.key_span)
    }
}

/// Parses the arguments. Adds an error for each argument that is wrong, and skips it.
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
                    let mut tokens = TokenStream::new();
                    while cursor != input.cursor() {
                        let Some((token, next)) = cursor.token_tree() else { break };
                        tokens.extend([token]);
                        cursor = next;
                    }
                    let (key, key_span) = (key.to_string(), key.span());
                    arguments.written.push(WrittenArgument { key, key_span, tokens });
                }
                Err(error) => {
                    errors.push(error);
                    skip_to_comma(input)?;
                }
            }
            if input.is_empty() {
                break;
            }
            if !input.peek(Token![,]) {
                errors.push(input.error("expected `,` between arguments"));
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    let parsed = parser.parse2(tokens);
    errors.take(parsed);
    arguments
}

/// Parses one argument and returns its key.
fn argument(input: ParseStream<'_>, arguments: &mut Arguments, errors: &mut Errors) -> Result<Ident> {
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
    if arguments.span_of(&key).is_some() {
        return Err(Error::new(span, format!("`{key}` is given twice")));
    }
    match key.as_str() {
        "tracer" => {
            let alternative = "an expression that returns a tracer: a name, a `Tracer`, a `Route`, an `Assignment` or an `Option` of them";
            arguments.tracer =
                Some(Value::parse(input, &ident, alternative, "remove it to use the ambient tracer")?);
        }
        "name" => {
            let alternative = "an expression that returns a string";
            let if_empty = "remove it to use the name of the function";
            arguments.name = Some(Value::parse(input, &ident, alternative, if_empty)?);
        }
        "kind" => arguments.kind = Some(value::kind(input, &ident)?),
        "fields" => list(input, &ident, "key = value", errors, |content| {
            arguments.fields.push(Field::parse(content)?);
            Ok(())
        })?,
        "args" => list(input, &ident, "parameter", errors, |content| {
            if !content.peek(Ident::peek_any) {
                return Err(content.error("expected the name of a parameter"));
            }
            arguments.captured_parameters.push(Ident::parse_any(content)?);
            Ok(())
        })?,
        "ret" => arguments.ret = Some(Capture::parse(input, "ret", span)?),
        "err" => arguments.err = Some(Capture::parse(input, "err", span)?),
        "ok_if" => arguments.status_predicate = Some(status_predicate(input, &ident, "ok_if", arguments)?),
        "error_if" => {
            arguments.status_predicate = Some(status_predicate(input, &ident, "error_if", arguments)?);
        }
        "parent" => arguments.parent = Some(value::expression(input, &ident)?),
        "links" => arguments.links = Some(value::expression(input, &ident)?),
        "event_type" => arguments.event_type = Some(value::event_type(input, &ident)?),
        "enabled" => arguments.enabled = Some(value::expression(input, &ident)?),
        "crate" => arguments.crate_path = Some(value::crate_path(input, &ident)?),
        "skip" => {}
        _ => return Err(unknown_argument(&key, span)),
    }
    Ok(ident)
}

/// Returns the error for an unknown key. Keys of other tracing macros get the name of our argument.
fn unknown_argument(key: &str, span: Span) -> Error {
    let suggestion = match key {
        "skip_all" => "; arguments are captured only if `args(..)` names them".to_owned(),
        "level" | "target" => "; a span has no level or target".to_owned(),
        "properties" | "attributes" => "; did you mean `fields`?".to_owned(),
        "follows_from" => "; did you mean `links`?".to_owned(),
        _ => suggestion(key, KEYS),
    };
    Error::new(span, format!("unknown argument `{key}`{suggestion}"))
}

/// Parses the value of `ok_if` or `error_if`, of which only one is allowed.
fn status_predicate(
    input: ParseStream<'_>,
    ident: &Ident,
    key: &'static str,
    arguments: &Arguments,
) -> Result<StatusPredicate> {
    let span = ident.span();
    let predicate = value::expression(input, ident)?;
    match &arguments.status_predicate {
        Some(earlier) => Err(Error::new(span, format!("`{key}` and `{}` cannot be combined", earlier.key))),
        None => Ok(StatusPredicate { key, span, predicate }),
    }
}
