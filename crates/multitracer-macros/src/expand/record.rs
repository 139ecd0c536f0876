//! The closure that collects the attributes the user asked for.

use crate::expand::Context;
use crate::parse::{Format, ParameterKind, plain};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitStr};

/// What `event_type` is recorded as.
const EVENT_TYPE: &str = "honeyhive_event_type";

/// `|attributes| { .. }`, or nothing if there is nothing to record.
pub(super) fn recorder(context: &Context<'_>) -> Option<TokenStream> {
    let here = context.here;
    let mut statements = TokenStream::new();
    if let Some(event_type) = &context.arguments.event_type {
        let value = reference(context, event_type);
        statements.extend(quote_spanned!(here=> __attributes.set(#EVENT_TYPE, #value);));
    }
    for parameter in &context.function.parameters {
        if let (Some(attr), ParameterKind::Name { name, .. }) = (&parameter.attr, &parameter.kind) {
            let key = attr.key.clone().unwrap_or_else(|| LitStr::new(&plain(name), name.span()));
            let cfg = parameter.attributes.iter().filter(|attribute| attribute.path == "cfg");
            let cfg = cfg.map(|attribute| attribute.tokens());
            let value = reference(context, name);
            statements.extend(quote_spanned!(here=> #(#cfg)* __attributes.set(#key, #value);));
        }
    }
    for field in &context.arguments.fields {
        if let (Format::ByType | Format::Display, Expr::Lit(ExprLit { lit: Lit::Str(text), attrs })) =
            (&field.format, &field.value)
            && attrs.is_empty()
        {
            // text of the program's own need not be copied
            let key = &field.key;
            statements.extend(quote_spanned!(here=> __attributes.literal(#key, #text);));
            continue;
        }
        let method = match field.format {
            Format::ByType => quote_spanned!(here=> set),
            Format::Display => quote_spanned!(here=> display),
            Format::Debug => quote_spanned!(here=> debug),
        };
        let (key, value) = (&field.key, reference(context, &field.value));
        statements.extend(quote_spanned!(here=> __attributes.#method(#key, #value);));
    }
    for captured in &context.arguments.captured {
        let (private, key) = (&context.private, plain(captured));
        let at = context.at(captured.span());
        let value = quote_spanned!(at=> (&&Value(__value)).capture);
        statements.extend(quote_spanned! {here=>
            __attributes.argument(#key, |__captured| {
                let __value = &#captured;
                {
                            use #private::capture::*;
                    #value(__captured);
                }
            });
        });
    }
    (!statements.is_empty()).then(|| quote_spanned!(here=> |__attributes| { #statements }))
}

/// `&(value)`, with an error about the value's type pointing at the value.
fn reference(context: &Context<'_>, value: &(impl quote::ToTokens + Spanned)) -> TokenStream {
    let at = context.at(value.span());
    let value = quote!(#value);
    quote_spanned!(at=> &(#value))
}
