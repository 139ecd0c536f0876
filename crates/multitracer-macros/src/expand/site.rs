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

/// A block expression that opens the span.
pub(super) fn open(context: &Context<'_>, opening: Opening) -> TokenStream {
    let site = site(context);
    let options = options(context);
    let here = context.here;
    let (receiver, callsite) = match opening {
        Opening::Enter | Opening::Defer => (quote_spanned!(here=> __MULTITRACER_CALLSITE), None),
        Opening::ByType => {
            let (private, ty) = (&context.private, super::parameters::output_type(context));
            let shape = quote_spanned!(here=> (&&#private::shape::Shape::<#ty>::NEW));
            (shape, Some(quote_spanned!(here=> &__MULTITRACER_CALLSITE)))
        }
    };
    let traits = (opening == Opening::ByType).then(|| {
        let private = &context.private;
        quote_spanned!(here=> #[allow(unused_imports)] use #private::shape::methods::*;)
    });
    let method = match (opening, options.is_some()) {
        (Opening::Enter, false) => quote_spanned!(here=> enter),
        (Opening::Enter, true) => quote_spanned!(here=> enter_with),
        (Opening::Defer, false) => quote_spanned!(here=> defer),
        (Opening::Defer, true) => quote_spanned!(here=> defer_with),
        (Opening::ByType, false) => quote_spanned!(here=> begin),
        (Opening::ByType, true) => quote_spanned!(here=> begin_with),
    };
    let parameters: Vec<TokenStream> = callsite.into_iter().chain(options).collect();
    quote_spanned!(here=> { #site #traits #receiver.#method(#(#parameters),*) })
}

fn site(context: &Context<'_>) -> TokenStream {
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
