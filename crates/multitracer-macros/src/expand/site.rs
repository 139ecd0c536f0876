//! The static that a function leaves behind, and the expression that opens a span from it.

use crate::expand::Context;
use crate::parse::{Value, plain};
use proc_macro2::TokenStream;
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

/// A block expression that opens the span, with the static inside.
pub(super) fn open(context: &Context<'_>, opening: Opening) -> TokenStream {
    let (site, opened) = (site(context), opened(context, opening));
    quote_spanned!(context.here=> { #site #opened })
}

/// The expression that opens the span, where the static is in scope.
pub(super) fn opened(context: &Context<'_>, opening: Opening) -> TokenStream {
    let options = options(context);
    let (private, here) = (&context.private, context.here);
    let callsite = quote_spanned!(here=> __MULTITRACER_CALLSITE);
    match (opening, options) {
        (Opening::Enter, None) => quote_spanned!(here=> #callsite.enter()),
        (Opening::Enter, Some(options)) => quote_spanned!(here=> #callsite.enter_with(#options)),
        (Opening::Defer, None) => quote_spanned!(here=> #callsite.defer()),
        (Opening::Defer, Some(options)) => quote_spanned!(here=> #callsite.defer_with(#options)),
        (Opening::ByType, options) => {
            let ty = super::parameters::output_type(context);
            let begin = match options {
                None => quote_spanned!(here=> begin(&#callsite)),
                Some(options) => quote_spanned!(here=> begin_with(&#callsite, #options)),
            };
            // the traits come in without their names, which might be names of the user's
            quote_spanned! {here=>
                #[allow(unused_imports)]
                use #private::shape::{BeginAny as _, BeginFuture as _, BeginLocalFuture as _, BeginSyncFuture as _};
                (&&#private::shape::Shape::<#ty>::NEW).#begin
            }
        }
    }
}

/// The static that describes the function. A block with it in scope can name it, at no cost to the size of a future.
pub(super) fn site(context: &Context<'_>) -> TokenStream {
    let Context { arguments, function, private, here } = context;
    let here = *here;
    let name = match &arguments.name {
        Some((_, Value::Static(name))) => name.clone(),
        Some((_, Value::Dynamic(_))) | None => {
            let name = plain(&function.name);
            quote!(#name)
        }
    };
    let tracer = match &arguments.tracer {
        Some(Value::Static(tracer)) => quote_spanned!(here=> ::core::option::Option::Some(#tracer)),
        Some(Value::Dynamic(_)) | None => quote_spanned!(here=> ::core::option::Option::None),
    };
    let kind = arguments.kind.as_ref().map_or_else(|| quote_spanned!(here=> Internal), |kind| quote!(#kind));
    // of the user's own span: the line of `fn`, not that of the attribute
    let place = function.name.span();
    let (file, line) = (quote_spanned!(place=> ::core::file!()), quote_spanned!(place=> ::core::line!()));
    quote_spanned! {here=>
        static __MULTITRACER_CALLSITE: #private::Callsite = #private::Callsite::new(#private::Site {
            name: #name,
            tracer: #tracer,
            kind: #private::Kind::#kind,
            function: || #private::function_name(|| ()),
            file: #file,
            line: #line,
        });
    }
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
