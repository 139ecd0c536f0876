//! Functions whose span is the call.

use crate::expand::Context;
use crate::expand::outcome::{Observer, closure, nothing};
use crate::expand::parameters::{bindings, body_block, evaluated, has_output_type, output_type};
use crate::expand::record::recorder;
use crate::expand::site::{Opening, open};
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// Nothing to learn from the result: a guard in front of the user's statements.
pub(super) fn guarded(context: &Context<'_>) -> TokenStream {
    let here = context.here;
    let open = open(context, Opening::Enter);
    let record = recorder(context).map(|recorder| quote_spanned!(here=> __span.record(#recorder);));
    let statements = &context.function.statements;
    let opened = quote_spanned!(here=> let __span = #open; #record);
    context.with_body(&quote::quote!(#opened #statements))
}

/// The result is looked at before the span ends.
pub(super) fn observed(context: &Context<'_>) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let told = match Observer::of(context) {
        Observer::Nothing => return guarded(context),
        Observer::ByType => quote_spanned! {here=>
            use #private::outcome::AnyValue as _;
            #private::outcome::Observed(&__output).record_on(&__span);
        },
        Observer::Closure(closure) => quote_spanned!(here=> __span.observe(&__output, #closure);),
    };
    let open = open(context, Opening::Enter);
    let (borrow, record) = match recorder(context) {
        Some(recorder) => (
            Some(quote_spanned!(here=> let __recorded = &__span;)),
            Some(quote_spanned!(here=> __recorded.record(#recorder);)),
        ),
        None => (None, None),
    };
    let call = call(context, record);
    context.with_body_and_parameters(&quote_spanned! {here=>
        let __span = #open;
        #borrow
        let __output = #call;
        #told
        __output
    })
}

/// The type of the result decides: a boxed future carries the span on, anything else is observed.
pub(super) fn by_type(context: &Context<'_>) -> TokenStream {
    let here = context.here;
    let open = open(context, Opening::ByType);
    let (borrow, record) = match recorder(context) {
        Some(recorder) => (
            Some(quote_spanned!(here=> let __recorded = &mut __span;)),
            Some(quote_spanned!(here=> __recorded.record(#recorder);)),
        ),
        None => (None, None),
    };
    let call = call(context, record);
    let observer = closure(context, None).unwrap_or_else(|| nothing(context));
    context.with_body_and_parameters(&quote_spanned! {here=>
        #[allow(unused_mut)]
        let mut __span = #open;
        #borrow
        let __output = #call;
        __span.finish(__output, #observer)
    })
}

/// The user's statements in a closure that is called at once. `call_once` makes it an `FnOnce`, so that borrows may leave it.
pub(super) fn call(context: &Context<'_>, record: Option<TokenStream>) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let bindings = bindings(context);
    let evaluated = evaluated(context);
    let block = body_block(context, quote_spanned!(here=> #bindings #record #evaluated));
    let body = context.function.body.span();
    let arrow = has_output_type(context).then(|| {
        let ty = output_type(context);
        quote_spanned!(here=> -> #ty)
    });
    let closure = quote_spanned!(body=> move ||);
    quote_spanned!(here=> #private::call_once(#closure #arrow #block))
}
