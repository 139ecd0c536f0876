//! The closure that records the attributes of a span.

use crate::expand::Context;
use crate::parse::{Field, Format, Parameter, ParameterKind, unraw};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr};

/// The attribute of `event_type`.
const EVENT_TYPE: &str = "honeyhive_event_type";

/// Returns `|attributes| { .. }`, or `None` if there is nothing to record.
pub(super) fn recorder(context: &Context<'_>) -> Option<TokenStream> {
    let mixed_site = context.mixed_site;
    let mut statements = TokenStream::new();
    if let Some(event_type) = &context.arguments.event_type {
        let value = reference(context, event_type);
        statements.extend(quote_spanned!(mixed_site=> __attributes.set(#EVENT_TYPE, #value);));
    }
    for parameter in &context.function.parameters {
        if let (Some(attr), ParameterKind::Name { name, .. }) = (&parameter.attr, &parameter.kind) {
            let key = attr.key.clone().unwrap_or_else(|| LitStr::new(&unraw(name), name.span()));
            let cfg = parameter.cfg_attributes();
            let value = reference(context, name);
            statements.extend(quote_spanned!(mixed_site=> #cfg __attributes.set(#key, #value);));
        }
    }
    for field in &context.arguments.fields {
        if let (Format::ByType | Format::Display, Expr::Lit(ExprLit { lit: Lit::Str(text), attrs })) =
            (&field.format, &field.value)
            && attrs.is_empty()
        {
            // a literal needs no copy
            let key = &field.key;
            statements.extend(quote_spanned!(mixed_site=> __attributes.literal(#key, #text);));
            continue;
        }
        let method = match field.format {
            Format::ByType => quote_spanned!(mixed_site=> set),
            Format::Display => quote_spanned!(mixed_site=> display),
            Format::Debug => quote_spanned!(mixed_site=> debug),
        };
        let (key, value) = (&field.key, reference(context, &field.value));
        statements.extend(quote_spanned!(mixed_site=> __attributes.#method(#key, #value);));
    }
    for captured in &context.arguments.captured_parameters {
        let (private, key) = (&context.private, unraw(captured));
        let at = context.located_at(captured.span());
        let value = quote_spanned!(at=> (&&Value(__value)).capture);
        statements.extend(quote_spanned! {mixed_site=>
            __attributes.argument(#key, |__captured| {
                let __value = &#captured;
                {
                    use #private::capture::*;
                    #value(__captured);
                }
            });
        });
    }
    (!statements.is_empty()).then(|| quote_spanned!(mixed_site=> |__attributes| { #statements }))
}

/// Returns `true` if the recorder runs no code of users, and needs no binding of the body.
///
/// Such a recorder can run while the span starts. Any other runs inside the span.
pub(super) fn is_recorder_plain(context: &Context<'_>) -> bool {
    let arguments = context.arguments;
    let is_bound = |parameter: &Parameter| !matches!(parameter.kind, ParameterKind::Pattern { .. });
    arguments.captured_parameters.is_empty()
        && arguments.event_type.as_ref().is_none_or(is_plain)
        && arguments.fields.iter().all(is_plain_field)
        && context.function.parameters.iter().all(is_bound)
}

fn is_plain_field(field: &Field) -> bool {
    let is_formatted = field.format != Format::ByType && !matches!(field.value, Expr::Lit(_));
    field.text.is_some() && !is_formatted && is_plain(&field.value)
}

/// Returns `true` for a literal, a name and a reference to one.
///
/// A field of a name can run code: the name can be a smart pointer, such as a `LazyLock`.
fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::Lit(_) => true,
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Reference(reference) => reference.mutability.is_none() && is_plain(&reference.expr),
        Expr::Paren(inner) => is_plain(&inner.expr),
        _ => false,
    }
}

/// Returns `&(value)`, in which an error about the type points at the value.
fn reference(context: &Context<'_>, value: &(impl quote::ToTokens + Spanned)) -> TokenStream {
    let at = context.located_at(value.span());
    let value = quote!(#value);
    quote_spanned!(at=> &(#value))
}
