//! The expansion of functions whose span is the call.

use crate::expand::Context;
use crate::expand::outcome::{Observer, empty_observer, observer};
use crate::expand::parameters::{bindings, body_block, has_output_type, output_type, user_statements};
use crate::expand::record::recorder;
use crate::expand::site::{Guarded, Opening, open_block};
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// Puts a guard in front of the user's statements, without inspection of the result.
pub(super) fn guarded(context: &Context<'_>) -> TokenStream {
    let mixed_site = context.mixed_site;
    let Guarded { open, recorder } = Guarded::of(context);
    let record = recorder.map(|recorder| quote_spanned!(mixed_site=> __span.record(#recorder);));
    let statements = &context.function.statements;
    let opened = quote_spanned!(mixed_site=> let __span = #open; #record);
    context.with_body(&quote::quote!(#opened #statements))
}

/// Inspects the result before the span ends.
pub(super) fn observed(context: &Context<'_>) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let observe = match Observer::of(context) {
        Observer::None => return guarded(context),
        Observer::ByType => quote_spanned! {mixed_site=>
            use #private::outcome::AnyValue as _;
            #private::outcome::Observed(&__output).record_on(&__span);
        },
        Observer::Closure(closure) => quote_spanned!(mixed_site=> __span.observe(&__output, #closure);),
    };
    let Guarded { open, recorder } = Guarded::of(context);
    let (borrow, record) = match recorder {
        Some(recorder) => (
            Some(quote_spanned!(mixed_site=> let __recorded = &__span;)),
            Some(quote_spanned!(mixed_site=> __recorded.record(#recorder);)),
        ),
        None => (None, None),
    };
    let call = call_body(context, record);
    context.with_rebinding_body(&quote_spanned! {mixed_site=>
        let __span = #open;
        #borrow
        let __output = #call;
        #observe
        __output
    })
}

/// Selects by the result's type: a boxed future keeps the span, any other value is inspected.
pub(super) fn by_type(context: &Context<'_>) -> TokenStream {
    let mixed_site = context.mixed_site;
    let open = open_block(context, Opening::ByType);
    let (borrow, record) = match recorder(context) {
        Some(recorder) => (
            Some(quote_spanned!(mixed_site=> let __recorded = &mut __span;)),
            Some(quote_spanned!(mixed_site=> __recorded.record(#recorder);)),
        ),
        None => (None, None),
    };
    let call = call_body(context, record);
    let observer = observer(context, None).unwrap_or_else(|| empty_observer(context));
    context.with_rebinding_body(&quote_spanned! {mixed_site=>
        #[allow(unused_mut)]
        let mut __span = #open;
        #borrow
        let __output = #call;
        __span.finish(__output, #observer)
    })
}

/// Returns the user's statements in a closure that is called at once.
///
/// `call_once` makes the closure an `FnOnce`, so that it can return borrows.
pub(super) fn call_body(context: &Context<'_>, record: Option<TokenStream>) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let bindings = bindings(context);
    let evaluated = user_statements(context);
    let block = body_block(context, quote_spanned!(mixed_site=> #bindings #record #evaluated));
    let body = context.function.body.span();
    let arrow = has_output_type(context).then(|| {
        let ty = output_type(context);
        quote_spanned!(mixed_site=> -> #ty)
    });
    let closure = quote_spanned!(body=> move ||);
    quote_spanned!(mixed_site=> #private::call_once(#closure #arrow #block))
}
