//! Looking at what the function returned.

use crate::expand::Context;
use crate::parse::{Arguments, Capture, Format};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// How the result is looked at.
pub(super) enum Observer {
    /// Not at all.
    Nothing,
    /// Whether it is an error, if its type is a `Result`.
    ByType,
    /// By a closure `|output, outcome| { .. }` that captures nothing, so it takes no room.
    Closure(TokenStream),
}

impl Observer {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let Arguments { verdict, ret, err, .. } = context.arguments;
        match (verdict, ret, err) {
            (None, None, None) if context.function.returns.may_be_result() => Self::ByType,
            _ => closure(context, None).map_or(Self::Nothing, Self::Closure),
        }
    }
}

/// The closure that looks at the result, or nothing if there is nothing to look for.
/// `output` is the type of the value, where inference would not find it in time.
pub(super) fn closure(context: &Context<'_>, output: Option<&TokenStream>) -> Option<TokenStream> {
    let arguments = context.arguments;
    let (private, here) = (&context.private, context.here);
    let error = error(context);
    let status = match &arguments.verdict {
        Some(verdict) => {
            let predicate = &verdict.predicate;
            let not = (verdict.key == "ok_if").then(|| quote_spanned!(here=> !));
            Some(quote_spanned! {here=>
                if #not #private::test(__output, #predicate) {
                    #error
                    __outcome.fail(::core::option::Option::None);
                }
            })
        }
        None => error,
    };
    let result = arguments.ret.as_ref().map(|capture| result(context, capture));
    if status.is_none() && result.is_none() {
        return None;
    }
    let ty = output.map(|ty| quote_spanned!(here=> : &#ty));
    Some(quote_spanned!(here=> |__output #ty, __outcome| { #status #result }))
}

/// The closure for a future that has nothing to look for.
pub(super) fn nothing(context: &Context<'_>) -> TokenStream {
    quote_spanned!(context.here=> |_, _| {})
}

fn error(context: &Context<'_>) -> Option<TokenStream> {
    let (private, here) = (&context.private, context.here);
    match context.arguments.err.as_ref().map(|capture| capture.format) {
        None if !context.function.returns.may_be_result() => None,
        None => Some(quote_spanned! {here=> {
            use #private::outcome::AnyValue as _;
            #private::outcome::Observed(__output).observe(__outcome);
        }}),
        Some(Format::ByType) => Some(quote_spanned! {here=> {
            use #private::outcome::*;
            (&&&ObservedError(__output)).observe(__outcome);
        }}),
        Some(Format::Debug) => {
            Some(quote_spanned!(here=> #private::outcome::err_debug(__output, __outcome);))
        }
        Some(Format::Display) => {
            Some(quote_spanned!(here=> #private::outcome::err_display(__output, __outcome);))
        }
    }
}

fn result(context: &Context<'_>, capture: &Capture) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let at = context.at(capture.span);
    let value = match capture.format {
        Format::ByType => quote_spanned!(at=> (&&&&Return(__output))),
        Format::Debug => quote_spanned!(at=> (&&ReturnDebug(__output))),
        Format::Display => quote_spanned!(at=> (&&ReturnDisplay(__output))),
    };
    let call = quote_spanned!(at=> capture);
    let import = quote!(#[allow(unused_imports)]);
    quote_spanned! {here=>
        __outcome.result(|__captured| {
            #import
            use #private::capture::*;
            #value.#call(__captured);
        });
    }
}
