//! The expression that opens a span, and the items that it refers to.

use crate::expand::Context;
use crate::expand::record::{is_recorder_plain, recorder};
use crate::parse::{Value, unraw};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The time at which a span opens.
#[derive(Clone, Copy)]
pub(super) enum Opening {
    /// At once, with a guard.
    Enter,
    /// At the first poll of a future or stream.
    Defer,
    /// At once or at the first poll, depending on the type that the function returns.
    ByType,
}

/// Returns a block that opens the span and contains the items.
pub(super) fn open_block(context: &Context<'_>, opening: Opening) -> TokenStream {
    let (items, opened) = (items(context), open_expression(context, opening));
    quote_spanned!(context.mixed_site=> { #items #opened })
}

/// A span that opens with a guard.
pub(super) struct Guarded {
    /// The block that opens the span and contains the items.
    pub(super) open: TokenStream,
    /// The recorder that runs inside the span, if it does not run while the span starts.
    pub(super) recorder: Option<TokenStream>,
}

impl Guarded {
    pub(super) fn of(context: &Context<'_>) -> Self {
        match recorder(context) {
            Some(recorder) if !has_closure(context) && is_recorder_plain(context) => {
                let (items, site) = (items(context), site(context));
                let open = quote_spanned!(context.mixed_site=> { #items #site.enter_filled(#recorder) });
                Self { open, recorder: None }
            }
            recorder => Self { open: open_block(context, Opening::Enter), recorder },
        }
    }
}

/// Returns the expression that opens the span. The items must be in scope.
pub(super) fn open_expression(context: &Context<'_>, opening: Opening) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    if has_no_options(context) {
        let call = |function| call(context, &quote_spanned!(mixed_site=> #private::#function), None);
        match opening {
            Opening::Enter => return call(quote_spanned!(mixed_site=> enter)),
            Opening::Defer => return call(quote_spanned!(mixed_site=> defer)),
            Opening::ByType => {}
        }
    }
    let (site, options) = (site(context), options_closure(context));
    match (opening, options) {
        (Opening::Enter, None) => quote_spanned!(mixed_site=> #site.enter()),
        (Opening::Enter, Some(options)) => quote_spanned!(mixed_site=> #site.enter_with(#options)),
        (Opening::Defer, None) => quote_spanned!(mixed_site=> #site.defer()),
        (Opening::Defer, Some(options)) => quote_spanned!(mixed_site=> #site.defer_with(#options)),
        (Opening::ByType, options) => {
            let ty = super::parameters::output_type(context);
            let begin = match options {
                None => quote_spanned!(mixed_site=> begin(#site)),
                Some(options) => quote_spanned!(mixed_site=> begin_with(#site, #options)),
            };
            // the traits are imported without names, which could clash with the user's names
            quote_spanned! {mixed_site=>
                use #private::boxed_future::{BeginAny as _, BeginFuture as _, BeginLocalFuture as _, BeginSyncFuture as _};
                (&&#private::boxed_future::ReturnType::<#ty>::NEW).#begin
            }
        }
    }
}

/// Returns `true` if the span needs only a name and a place before it opens.
pub(super) fn has_no_options(context: &Context<'_>) -> bool {
    let arguments = context.arguments;
    !has_closure(context) && arguments.tracer.is_none() && arguments.kind.is_none()
}

/// Returns `true` if a closure sets options of a span before it opens.
fn has_closure(context: &Context<'_>) -> bool {
    let arguments = context.arguments;
    matches!(arguments.tracer, Some(Value::Dynamic(_)))
        || matches!(arguments.name, Some(Value::Dynamic(_)))
        || arguments.parent.is_some()
        || arguments.links.is_some()
        || arguments.enabled.is_some()
}

/// Returns the items inside the function: a type whose name contains the function's path, and the
/// static of a literal tracer.
///
/// A static for the other options would cost more compile time than the rest of the expansion.
pub(super) fn items(context: &Context<'_>) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let tracer = match &context.arguments.tracer {
        Some(Value::Static(tracer)) => Some(quote_spanned! {mixed_site=>
            static __MULTITRACER_TRACER: #private::Literal = #private::Literal::new(#tracer);
        }),
        Some(Value::Dynamic(_)) | None => None,
    };
    quote_spanned!(mixed_site=> enum __MultitracerSite {} #tracer)
}

/// Returns the expression of the call site. The items must be in scope.
pub(super) fn site(context: &Context<'_>) -> TokenStream {
    let Context { arguments, private, mixed_site, .. } = context;
    let mixed_site = *mixed_site;
    let site = call(context, &quote_spanned!(mixed_site=> #private::site), None);
    let kind = arguments.kind.as_ref().map(|kind| quote_spanned!(mixed_site=> .kind(#private::Kind::#kind)));
    let tracer = matches!(arguments.tracer, Some(Value::Static(_)))
        .then(|| quote_spanned!(mixed_site=> .tracer(&__MULTITRACER_TRACER)));
    quote_spanned!(mixed_site=> #site #kind #tracer)
}

/// Returns `function("name", .., last)`.
///
/// The call has the place of the user's function name, so that `Location::caller()` returns that
/// line and not the line of the attribute.
pub(super) fn call(context: &Context<'_>, function: &TokenStream, last: Option<&TokenStream>) -> TokenStream {
    let (user, mixed_site) = (context.function, context.mixed_site);
    let name = match &context.arguments.name {
        Some(Value::Static(name)) => name.clone(),
        Some(Value::Dynamic(_)) | None => {
            let name = unraw(&user.name);
            quote!(#name)
        }
    };
    let place = user.name.span();
    let arguments = quote_spanned!(mixed_site=> #name, ::core::any::type_name::<__MultitracerSite>, #last);
    let mut parentheses = Group::new(Delimiter::Parenthesis, arguments);
    parentheses.set_span(place);
    let (path, parentheses) = (located(function, place), TokenTree::Group(parentheses));
    quote!(#path #parentheses)
}

/// Moves a path to `place`. Rustc reads the place from the first and the last token.
pub(super) fn located(path: &TokenStream, place: Span) -> TokenStream {
    let mut path: Vec<TokenTree> = path.clone().into_iter().collect();
    let leading = path.iter().take_while(|token| matches!(token, TokenTree::Punct(_))).count();
    for token in path.iter_mut().take(leading) {
        token.set_span(place);
    }
    if leading == 0
        && let Some(first) = path.first_mut()
    {
        // a path from `crate = ..` keeps its hygiene
        first.set_span(place.resolved_at(first.span()));
    }
    if let Some(last) = path.last_mut() {
        last.set_span(place);
    }
    path.into_iter().collect()
}

/// Returns the closure that sets the options of a span before it opens.
fn options_closure(context: &Context<'_>) -> Option<TokenStream> {
    if !has_closure(context) {
        return None;
    }
    let arguments = context.arguments;
    let mixed_site = context.mixed_site;
    let mut statements = TokenStream::new();
    if let Some(Value::Dynamic(tracer)) = &arguments.tracer {
        let at = context.located_at(tracer.span());
        let reference = quote_spanned!(at=> &(#tracer));
        statements.extend(quote_spanned!(mixed_site=> __options.tracer(#reference);));
    }
    if let Some(Value::Dynamic(name)) = &arguments.name {
        statements.extend(quote_spanned!(mixed_site=> __options.name(#name);));
    }
    if let Some(parent) = &arguments.parent {
        statements.extend(quote_spanned!(mixed_site=> __options.parent(#parent);));
    }
    if let Some(links) = &arguments.links {
        statements.extend(quote_spanned!(mixed_site=> __options.links(#links);));
    }
    if let Some(enabled) = &arguments.enabled {
        statements.extend(quote_spanned!(mixed_site=> __options.enabled(#enabled);));
    }
    Some(quote_spanned!(mixed_site=> |__options| { #statements }))
}
