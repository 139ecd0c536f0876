//! The expression that opens a span, and the items that it names.

use crate::expand::Context;
use crate::parse::{Value, plain};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// How a span is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// Now: a guard.
    Enter,
    /// At the first poll of a future or stream.
    Defer,
    /// One of the two, as the type that the function returns says.
    ByType,
}

/// A block expression that opens the span, with the items it names inside.
pub(super) fn open(context: &Context<'_>, opening: Opening) -> TokenStream {
    let (items, opened) = (items(context), opened(context, opening));
    quote_spanned!(context.here=> { #items #opened })
}

/// The expression that opens the span, where the items are in scope.
pub(super) fn opened(context: &Context<'_>, opening: Opening) -> TokenStream {
    let options = options(context);
    let (private, here) = (&context.private, context.here);
    if is_plain(context) {
        let call = |function| call(context, &quote_spanned!(here=> #private::#function), None);
        match opening {
            Opening::Enter => return call(quote_spanned!(here=> enter)),
            Opening::Defer => return call(quote_spanned!(here=> defer)),
            Opening::ByType => {}
        }
    }
    let site = site(context);
    match (opening, options) {
        (Opening::Enter, None) => quote_spanned!(here=> #site.enter()),
        (Opening::Enter, Some(options)) => quote_spanned!(here=> #site.enter_with(#options)),
        (Opening::Defer, None) => quote_spanned!(here=> #site.defer()),
        (Opening::Defer, Some(options)) => quote_spanned!(here=> #site.defer_with(#options)),
        (Opening::ByType, options) => {
            let ty = super::parameters::output_type(context);
            let begin = match options {
                None => quote_spanned!(here=> begin(#site)),
                Some(options) => quote_spanned!(here=> begin_with(#site, #options)),
            };
            // the traits come in without their names, which might be names of the user's
            quote_spanned! {here=>
                use #private::boxed_future::{BeginAny as _, BeginFuture as _, BeginLocalFuture as _, BeginSyncFuture as _};
                (&&#private::boxed_future::ReturnType::<#ty>::NEW).#begin
            }
        }
    }
}

/// Whether a name and a place are all there is to say of the span before it opens.
pub(super) fn is_plain(context: &Context<'_>) -> bool {
    let arguments = context.arguments;
    options(context).is_none() && arguments.tracer.is_none() && arguments.kind.is_none()
}

/// What stands inside the function beside the expression: an item whose type name tells the function's path, and a literal tracer.
/// A static for everything else would cost more to compile than all the rest.
pub(super) fn items(context: &Context<'_>) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let tracer = match &context.arguments.tracer {
        Some(Value::Static(tracer)) => Some(quote_spanned! {here=>
            static __MULTITRACER_TRACER: #private::Literal = #private::Literal::new(#tracer);
        }),
        Some(Value::Dynamic(_)) | None => None,
    };
    quote_spanned!(here=> enum __MultitracerSite {} #tracer)
}

/// The expression of the site, where the items are in scope.
pub(super) fn site(context: &Context<'_>) -> TokenStream {
    let Context { arguments, private, here, .. } = context;
    let here = *here;
    let site = call(context, &quote_spanned!(here=> #private::site), None);
    let kind = arguments.kind.as_ref().map(|kind| quote_spanned!(here=> .kind(#private::Kind::#kind)));
    let tracer = matches!(arguments.tracer, Some(Value::Static(_)))
        .then(|| quote_spanned!(here=> .tracer(&__MULTITRACER_TRACER)));
    quote_spanned!(here=> #site #kind #tracer)
}

/// `function("name", .., last)`. The call's place is the name of the user's function, so that `Location::caller()` inside says its line,
/// not that of the attribute.
pub(super) fn call(context: &Context<'_>, function: &TokenStream, last: Option<&TokenStream>) -> TokenStream {
    let (user, here) = (context.function, context.here);
    let name = match &context.arguments.name {
        Some((_, Value::Static(name))) => name.clone(),
        Some((_, Value::Dynamic(_))) | None => {
            let name = plain(&user.name);
            quote!(#name)
        }
    };
    let place = user.name.span();
    let arguments = quote_spanned!(here=> #name, ::core::any::type_name::<__MultitracerSite>, #last);
    let mut parentheses = Group::new(Delimiter::Parenthesis, arguments);
    parentheses.set_span(place);
    let (path, parentheses) = (placed(function, place), TokenTree::Group(parentheses));
    quote!(#path #parentheses)
}

/// A path that rustc finds at `place`: it looks at the first and the last token.
pub(super) fn placed(path: &TokenStream, place: Span) -> TokenStream {
    let mut path: Vec<TokenTree> = path.clone().into_iter().collect();
    let leading = path.iter().take_while(|token| matches!(token, TokenTree::Punct(_))).count();
    for token in path.iter_mut().take(leading) {
        token.set_span(place);
    }
    if leading == 0
        && let Some(first) = path.first_mut()
    {
        // a user's own path, from `crate = ..`, keeps its meaning
        first.set_span(place.resolved_at(first.span()));
    }
    if let Some(last) = path.last_mut() {
        last.set_span(place);
    }
    path.into_iter().collect()
}

/// The closure that sets what has to be known before a span is opened.
fn options(context: &Context<'_>) -> Option<TokenStream> {
    let arguments = context.arguments;
    let here = context.here;
    let mut statements = TokenStream::new();
    if let Some(Value::Dynamic(tracer)) = &arguments.tracer {
        let at = context.at(tracer.span());
        let reference = quote_spanned!(at=> &(#tracer));
        statements.extend(quote_spanned!(here=> __options.tracer(#reference);));
    }
    if let Some((_, Value::Dynamic(name))) = &arguments.name {
        statements.extend(quote_spanned!(here=> __options.name(#name);));
    }
    if let Some(parent) = &arguments.parent {
        statements.extend(quote_spanned!(here=> __options.parent(#parent);));
    }
    if let Some(links) = &arguments.links {
        statements.extend(quote_spanned!(here=> __options.links(#links);));
    }
    if let Some(enabled) = &arguments.enabled {
        statements.extend(quote_spanned!(here=> __options.enabled(#enabled);));
    }
    (!statements.is_empty()).then(|| quote_spanned!(here=> |__options| { #statements }))
}
