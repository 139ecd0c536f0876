//! The expansion of an `async fn` into a function that returns one traced future.

use crate::expand::Context;
use crate::expand::outcome::Observer;
use crate::expand::parameters::{self, bindings, body_block, has_output_type, output_type, user_statements};
use crate::expand::record::recorder;
use crate::expand::site::{Opening, call, has_no_options, items, located, open_expression, site};
use crate::parse::{Function, Returns};
use crate::tokens::{flattened, is_punct};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::quote_spanned;

/// Attributes with the same meaning on a function that returns a future.
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

/// Expands an `async fn`.
pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    if matches!(context.function.returns, Returns::Never) || !all_attributes_are_inert(context.function) {
        return with_async_kept(context);
    }
    let mixed_site = context.mixed_site;
    let traced = traced_future(context);
    let Function { output, name, parentheses, returns, .. } = context.function;
    // rustc reports a body of the wrong type at the return type
    let place = output.first().map_or_else(|| name.span(), TokenTree::span);
    let ty = match returns {
        Returns::Unit => quote_spanned!(mixed_site=> ()),
        _ => output.iter().cloned().collect(),
    };
    // rustc and clippy take a signature for the user's if it ends in the user's token
    let end = quote_spanned!(output.last().map_or_else(|| parentheses.span_close(), TokenTree::span)=> >);
    let output = quote_spanned!(context.located_at(place)=> -> impl ::core::future::Future<Output = #ty #end);
    context.signature(None, &parameters::rebindable(context), &output, &traced)
}

/// Keeps the `async fn` and awaits the traced future inside.
///
/// This is for `-> !`, which stable Rust does not accept as the output of a future, and for other
/// attribute macros that expect an `async fn`.
fn with_async_kept(context: &Context<'_>) -> TokenStream {
    let mixed_site = context.mixed_site;
    let traced = traced_future(context);
    let content = if matches!(context.function.returns, Returns::Never) {
        quote_spanned! {mixed_site=>
            let _ = #traced.await;
            #[allow(unreachable_code)]
            { ::core::unreachable!() }
        }
    } else {
        quote_spanned!(mixed_site=> #traced.await)
    };
    context.with_rebinding_body(&content)
}

/// Wraps the user's body in a traced future. The parent is determined when the function is called.
fn traced_future(context: &Context<'_>) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let items = items(context);
    let bindings = bindings(context);
    let record = recorder(context).map(|recorder| on_start(context, &recorder));
    let type_hint = return_type_hint(context);
    let evaluated = user_statements(context);
    let block = body_block(context, quote_spanned!(mixed_site=> #bindings #record #type_hint #evaluated));
    // coverage counts code that has the span of the user's body
    let body = context.function.body.span();
    let (async_, move_) = (Ident::new("async", body), Ident::new("move", body));
    let future = quote_spanned!(mixed_site=> #async_ #move_ #block);
    let observer = Observer::of(context);
    let path = match &observer {
        Observer::None => quote_spanned!(mixed_site=> #private::async_fn::Any),
        Observer::ByType => {
            let ty = output_type(context);
            quote_spanned!(mixed_site=> #private::async_fn::Output::<#ty>)
        }
        Observer::Closure(closure) => {
            let opened = open_expression(context, Opening::Defer);
            return quote_spanned!(mixed_site=> { #items #private::Traced::observed(#opened, #future, #closure) });
        }
    };
    let import = quote_spanned!(mixed_site=> use #private::async_fn::AnyOutput as _;);
    let import = matches!(observer, Observer::ByType).then_some(import);
    // one call where possible, because each call costs compile time
    let traced = if has_no_options(context) {
        call(context, &quote_spanned!(mixed_site=> #path::called), Some(&future))
    } else {
        let opened = open_expression(context, Opening::Defer);
        quote_spanned!(mixed_site=> #path::traced(#opened, #future))
    };
    quote_spanned!(mixed_site=> { #items #import #traced })
}

/// Returns the first statement of a traced future, which records attributes on the opened span.
pub(super) fn on_start(context: &Context<'_>, recorder: &TokenStream) -> TokenStream {
    let site = site(context);
    quote_spanned!(context.mixed_site=> #site.on_start(#recorder);)
}

/// Returns an unreachable `return` that tells rustc the type of the `async` block.
fn return_type_hint(context: &Context<'_>) -> Option<TokenStream> {
    if matches!(context.function.returns, Returns::Unit | Returns::Never) || !has_output_type(context) {
        return None;
    }
    let ty = output_type(context);
    let place =
        context.function.output.first().map_or(context.mixed_site, |token| context.located_at(token.span()));
    let private = &context.private;
    let never = located(&quote_spanned!(context.mixed_site=> #private::never), place);
    Some(quote_spanned!(place=> if false { return #never::<#ty>(); }))
}

/// Returns `true` if every other attribute works on a function that is not `async`.
fn all_attributes_are_inert(function: &Function) -> bool {
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
