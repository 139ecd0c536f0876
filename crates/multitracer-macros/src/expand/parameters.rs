//! Moving the arguments into a closure or an `async` block so that nothing changes for the user.
//!
//! The signature takes each argument whole, and the first statements inside bind it as the user wrote it, as rustc does for an
//! `async fn`. So the arguments are dropped in the same order, and lints see the same names.

use crate::expand::Context;
use crate::parse::{ParameterKind, Returns, Value, erase_impl};
use crate::tokens::{braced, regroup};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

const LINTS: [&str; 6] = ["allow", "warn", "deny", "forbid", "expect", "cfg"];

/// The parameters of the new signature.
pub(super) fn signature(context: &Context<'_>) -> Group {
    let parameters = context.function.parameters.iter().map(|parameter| {
        let attributes = parameter.attributes.iter().map(|attribute| {
            if attribute.path == "expect" { renamed(&attribute.bracket, "allow") } else { attribute.tokens() }
        });
        let parameter = match &parameter.kind {
            ParameterKind::Name { name, ty, .. } => quote!(#name #ty),
            ParameterKind::Pattern { position, ty, .. } => quote!(#position #ty),
            ParameterKind::Receiver { .. } | ParameterKind::Variadic => parameter.tokens.clone(),
        };
        quote!(#(#attributes)* #parameter)
    });
    regroup(&context.function.parentheses, quote!(#(#parameters),*))
}

/// The parameters as written, without `#[attr]`.
pub(super) fn written(context: &Context<'_>) -> Group {
    if context.function.parameters.iter().all(|parameter| parameter.attr.is_none()) {
        return context.function.parentheses.clone();
    }
    let parameters = context.function.parameters.iter().map(|parameter| {
        let attributes = parameter.attributes.iter().map(|attribute| attribute.tokens());
        let tokens = &parameter.tokens;
        quote!(#(#attributes)* #tokens)
    });
    regroup(&context.function.parentheses, quote!(#(#parameters),*))
}

/// The statements that bind the arguments.
pub(super) fn bindings(context: &Context<'_>) -> TokenStream {
    let here = context.here;
    let mut statements = TokenStream::new();
    for parameter in &context.function.parameters {
        let attributes = parameter.attributes.iter();
        let attributes = attributes.filter(|attribute| LINTS.contains(&attribute.path.as_str()));
        let attributes: TokenStream = attributes.map(|attribute| attribute.tokens()).collect();
        statements.extend(match &parameter.kind {
            // a `move` closure would take only the fields that are used, and drop the others at another time
            ParameterKind::Receiver { token, by_value: true } => quote_spanned!(here=> let _ = &#token;),
            ParameterKind::Receiver { .. } | ParameterKind::Variadic => TokenStream::new(),
            ParameterKind::Name { mutability, name, .. } => {
                // an argument that only `tracer = ..` and the like name is used, though not by the body
                let used = named_before(context, name).then(|| {
                    let cfg = parameter.attributes.iter().filter(|attribute| attribute.path == "cfg");
                    let cfg = cfg.map(|attribute| attribute.tokens());
                    quote_spanned!(here=> #(#cfg)* let _ = &#name;)
                });
                quote_spanned!(here=> #attributes let #mutability #name = #name; #used)
            }
            ParameterKind::Pattern { pattern, position, .. } => {
                let cfg = parameter.attributes.iter().filter(|attribute| attribute.path == "cfg");
                let cfg = cfg.map(|attribute| attribute.tokens());
                quote_spanned! {here=>
                    #(#cfg)* let #position = #position;
                    #attributes let #pattern = #position;
                }
            }
        });
    }
    statements
}

/// Whether what is evaluated at the call, before the arguments are moved, has this name in it.
fn named_before(context: &Context<'_>, name: &Ident) -> bool {
    let arguments = context.arguments;
    let tracer = match &arguments.tracer {
        Some(Value::Dynamic(tracer)) => Some(tracer.to_token_stream()),
        _ => None,
    };
    let span_name = match &arguments.name {
        Some((_, Value::Dynamic(name))) => Some(name.to_token_stream()),
        _ => None,
    };
    let others = [&arguments.parent, &arguments.links, &arguments.enabled];
    let others = others.into_iter().flatten().map(ToTokens::to_token_stream);
    tracer.into_iter().chain(span_name).chain(others).any(|expression| mentions(expression, name))
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// The return type as it can be written inside the body.
pub(super) fn output_type(context: &Context<'_>) -> TokenStream {
    match context.function.returns {
        Returns::Unit => quote_spanned!(context.here=> ()),
        _ => erase_impl(&context.function.output),
    }
}

/// Whether the type says anything inside the body: `impl Trait` does not, and `!` cannot be written there yet.
pub(super) fn has_output_type(context: &Context<'_>) -> bool {
    !matches!(context.function.returns, Returns::Never)
        && !matches!(context.function.output.first(), Some(TokenTree::Ident(word)) if word == "impl")
}

/// The user's statements as the value of a closure or `async` block. The inner block is of the user's edition, which says when the
/// temporaries of its last expression are dropped, locals before or after them; the outer one is of this crate's (2024), where
/// they go at its end: before the arguments, as at the end of a function.
pub(super) fn evaluated(context: &Context<'_>) -> Group {
    let body = context.function.body.span();
    let statements = &context.function.statements;
    // the semicolon keeps rustc from calling the braces of a one-line body unused
    let semicolon = quote_spanned!(context.here=> ;);
    let inner = braced(quote!(#semicolon #statements), body);
    braced(inner.into_token_stream(), context.at(body))
}

/// A block with the span of the user's body, for what rustc should take for that body (coverage, diagnostics).
pub(super) fn body_block(context: &Context<'_>, content: TokenStream) -> Group {
    braced(content, context.function.body.span())
}

fn renamed(bracket: &Group, name: &str) -> TokenStream {
    let mut content: Vec<TokenTree> = bracket.stream().into_iter().collect();
    if let Some(first) = content.first_mut() {
        *first = TokenTree::Ident(Ident::new(name, first.span()));
    }
    let pound = quote_spanned!(bracket.span()=> #);
    let bracket = regroup(bracket, content.into_iter().collect()).into_token_stream();
    quote!(#pound #bracket)
}
