//! `async fn`: becomes a function that returns the one future of its body.

use crate::expand::Context;
use crate::expand::outcome::Observer;
use crate::expand::parameters::{self, bindings, body_block, evaluated, has_output_type, output_type};
use crate::expand::record::recorder;
use crate::expand::site::{Opening, call, is_plain, items, opened, placed, site};
use crate::parse::{Function, Returns};
use crate::tokens::{flattened, is_punct};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote_spanned;

/// Attributes that mean the same on a function that returns a future.
const INERT: [&str; 24] = [
    "doc",
    "cfg",
    "allow",
    "warn",
    "deny",
    "forbid",
    "expect",
    "must_use",
    "deprecated",
    "inline",
    "cold",
    "no_mangle",
    "export_name",
    "link_section",
    "unsafe",
    "target_feature",
    "instruction_set",
    "rustfmt::skip",
    "optimize",
    "coverage",
    "automatically_derived",
    "collapse_debuginfo",
    "stable",
    "unstable",
];

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    if matches!(context.function.returns, Returns::Never) || !attributes_allow_it(context.function) {
        return layered(context);
    }
    let here = context.here;
    let traced = traced(context);
    let Function { output, name, parentheses, returns, .. } = context.function;
    // the error for a body of the wrong type belongs to the return type
    let place = output.first().map_or_else(|| name.span(), TokenTree::span);
    let ty = match returns {
        Returns::Unit => quote_spanned!(here=> ()),
        _ => output.iter().cloned().collect(),
    };
    // a signature that ends in a token of the user's is the user's to rustc and clippy
    let end = quote_spanned!(output.last().map_or_else(|| parentheses.span_close(), TokenTree::span)=> >);
    let output = quote_spanned!(context.at(place)=> -> impl ::core::future::Future<Output = #ty #end);
    context.signature(None, &parameters::signature(context), &output, &traced)
}

/// The `async fn` stays, with the traced future inside: for `-> !`, which no future can have as its output yet, and for other
/// attribute macros that want to see an `async fn`.
fn layered(context: &Context<'_>) -> TokenStream {
    let here = context.here;
    let traced = traced(context);
    let content = if matches!(context.function.returns, Returns::Never) {
        quote_spanned! {here=>
            let _ = #traced.await;
            #[allow(unreachable_code)]
            { ::core::unreachable!() }
        }
    } else {
        quote_spanned!(here=> #traced.await)
    };
    context.with_body_and_parameters(&content)
}

/// The user's body as a traced future. The parent is taken here, when the function is called.
fn traced(context: &Context<'_>) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let items = items(context);
    let bindings = bindings(context);
    let record = recorder(context).map(|recorder| on_start(context, &recorder));
    let returned = returned(context);
    let evaluated = evaluated(context);
    let block = body_block(context, quote_spanned!(here=> #bindings #record #returned #evaluated));
    // coverage counts what has the span of the user's body
    let body = context.function.body.span();
    let (async_, move_) = (Ident::new("async", body), Ident::new("move", body));
    let future = quote_spanned!(here=> #async_ #move_ #block);
    let observer = Observer::of(context);
    let path = match &observer {
        Observer::Nothing => quote_spanned!(here=> #private::async_fn::Any),
        Observer::ByType => {
            let ty = output_type(context);
            quote_spanned!(here=> #private::async_fn::Output::<#ty>)
        }
        Observer::Closure(closure) => {
            let opened = opened(context, Opening::Defer);
            return quote_spanned!(here=> { #items #private::Traced::observed(#opened, #future, #closure) });
        }
    };
    let import = quote_spanned!(here=> use #private::async_fn::AnyOutput as _;);
    let import = matches!(observer, Observer::ByType).then_some(import);
    // one call where it will do: rustc takes its time for each
    let traced = if is_plain(context) {
        call(context, &quote_spanned!(here=> #path::called), Some(&future))
    } else {
        let opened = opened(context, Opening::Defer);
        quote_spanned!(here=> #path::traced(#opened, #future))
    };
    quote_spanned!(here=> { #items #import #traced })
}

/// The first statement of a traced future: attributes for the span that has just been opened around it.
pub(super) fn on_start(context: &Context<'_>, recorder: &TokenStream) -> TokenStream {
    let site = site(context);
    quote_spanned!(context.here=> #site.on_start(#recorder);)
}

/// A first `return` that is never reached tells rustc the type of the `async` block.
fn returned(context: &Context<'_>) -> Option<TokenStream> {
    if matches!(context.function.returns, Returns::Unit | Returns::Never) || !has_output_type(context) {
        return None;
    }
    let ty = output_type(context);
    let place = context.function.output.first().map_or(context.here, |token| context.at(token.span()));
    let private = &context.private;
    let never = placed(&quote_spanned!(context.here=> #private::never), place);
    Some(quote_spanned!(place=> if false { return #never::<#ty>(); }))
}

/// Whether every other attribute still works when `async` is gone.
fn attributes_allow_it(function: &Function) -> bool {
    function.attributes.iter().all(|attribute| match attribute.path.as_str() {
        "cfg_attr" => {
            let content = attribute.content();
            let Some(TokenTree::Group(parens)) = content.first() else { return false };
            let tokens: Vec<TokenTree> = parens.stream().into_iter().collect();
            let tokens = flattened(&tokens);
            let mut parts = tokens.split(|token| is_punct(Some(token), ','));
            parts.next();
            parts.all(|part| {
                let is_path = |token: &&TokenTree| {
                    !matches!(token, TokenTree::Group(group) if group.delimiter() != Delimiter::None)
                        && !is_punct(Some(token), '=')
                };
                let path: String = part.iter().take_while(is_path).map(ToString::to_string).collect();
                path.is_empty() || is_inert(&path)
            })
        }
        path => is_inert(path),
    })
}

fn is_inert(path: &str) -> bool {
    INERT.contains(&path)
        || ["clippy::", "rustfmt::", "diagnostic::"].iter().any(|tool| path.starts_with(tool))
}
