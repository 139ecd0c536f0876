//! Parameters that move into a closure or an `async` block without a change for the user.
//!
//! The signature takes each argument whole. The first statements inside bind it as the user wrote
//! it, as rustc does for an `async fn`. So the drop order and the names in lints stay the same.

use crate::expand::Context;
use crate::parse::{ParameterKind, Returns, Value, erase_impl};
use crate::tokens::{braced, mentions, regroup};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

/// Attributes of a parameter that its binding keeps.
const BINDING_ATTRIBUTES: [&str; 6] = ["allow", "warn", "deny", "forbid", "expect", "cfg"];

/// Returns the parameters for a body that binds them itself.
pub(super) fn rebindable(context: &Context<'_>) -> Group {
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

/// Returns the parameters as written, without `#[attr]`.
pub(super) fn without_attr(context: &Context<'_>) -> Group {
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

/// Returns the statements that bind the parameters.
pub(super) fn bindings(context: &Context<'_>) -> TokenStream {
    let mixed_site = context.mixed_site;
    let mut statements = TokenStream::new();
    for parameter in &context.function.parameters {
        let attributes = parameter.attributes.iter();
        let attributes = attributes.filter(|attribute| BINDING_ATTRIBUTES.contains(&attribute.path.as_str()));
        let attributes: TokenStream = attributes.map(|attribute| attribute.tokens()).collect();
        statements.extend(match &parameter.kind {
            // a `move` closure captures only the fields that it uses, and the rest would drop later
            ParameterKind::Receiver { token, by_value: true } => {
                quote_spanned!(mixed_site=> let _ = &#token;)
            }
            ParameterKind::Receiver { .. } | ParameterKind::Variadic => TokenStream::new(),
            ParameterKind::Name { mutability, name, .. } => {
                // a parameter that only `tracer = ..` or a similar argument uses is not unused
                let is_used = parameter.attr.is_some() || is_used_before_start(context, name);
                let used = is_used.then(|| {
                    let cfg = parameter.cfg_attributes();
                    quote_spanned!(mixed_site=> #cfg let _ = &#name;)
                });
                quote_spanned!(mixed_site=> #attributes let #mutability #name = #name; #used)
            }
            ParameterKind::Pattern { pattern, position, .. } => {
                let cfg = parameter.cfg_attributes();
                quote_spanned! {mixed_site=>
                    #cfg let #position = #position;
                    #attributes let #pattern = #position;
                }
            }
        });
    }
    statements
}

/// Returns `true` if an expression that the call evaluates before the span starts uses `name`.
fn is_used_before_start(context: &Context<'_>, name: &Ident) -> bool {
    let arguments = context.arguments;
    let name = name.to_string();
    let tracer = match &arguments.tracer {
        Some(Value::Dynamic(tracer)) => Some(tracer.to_token_stream()),
        _ => None,
    };
    let span_name = match &arguments.name {
        Some(Value::Dynamic(name)) => Some(name.to_token_stream()),
        _ => None,
    };
    // a guard can record fields while the span starts
    let fields = arguments.fields.iter().map(|field| field.value.to_token_stream());
    let others = [&arguments.parent, &arguments.links, &arguments.enabled, &arguments.event_type];
    let others = others.into_iter().flatten().map(ToTokens::to_token_stream);
    tracer
        .into_iter()
        .chain(span_name)
        .chain(fields)
        .chain(others)
        .any(|expression| mentions(&expression, &[&name]))
}

/// Returns the return type in a form that is valid inside the body.
pub(super) fn output_type(context: &Context<'_>) -> TokenStream {
    match context.function.returns {
        Returns::Unit => quote_spanned!(context.mixed_site=> ()),
        _ => erase_impl(&context.function.output),
    }
}

/// Returns `true` if the return type can be written inside the body.
///
/// `impl Trait` and `!` cannot.
pub(super) fn has_output_type(context: &Context<'_>) -> bool {
    !matches!(context.function.returns, Returns::Never)
        && !matches!(context.function.output.first(), Some(TokenTree::Ident(word)) if word == "impl")
}

/// Returns the user's statements as the value of a closure or `async` block.
///
/// The inner block has the user's edition, which decides when the temporaries of its last
/// expression drop. The outer block has the edition of this crate (2024), in which they drop at its
/// end: before the parameters, as at the end of a function.
pub(super) fn user_statements(context: &Context<'_>) -> Group {
    let body = context.function.body.span();
    let statements = &context.function.statements;
    // without the semicolon, rustc reports the braces of a one-line body as unused
    let semicolon = quote_spanned!(context.mixed_site=> ;);
    let inner = braced(quote!(#semicolon #statements), body);
    braced(inner.into_token_stream(), context.located_at(body))
}

/// Returns a block that coverage and diagnostics treat as the user's body.
pub(super) fn body_block(context: &Context<'_>, content: TokenStream) -> Group {
    braced(content, context.function.body.span())
}

/// Returns an attribute with another name.
fn renamed(bracket: &Group, name: &str) -> TokenStream {
    let mut content: Vec<TokenTree> = bracket.stream().into_iter().collect();
    if let Some(first) = content.first_mut() {
        *first = TokenTree::Ident(Ident::new(name, first.span()));
    }
    let pound = quote_spanned!(bracket.span()=> #);
    let bracket = regroup(bracket, content.into_iter().collect()).into_token_stream();
    quote!(#pound #bracket)
}
