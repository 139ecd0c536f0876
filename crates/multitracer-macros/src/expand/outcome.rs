//! The code that inspects the result of a function.

use crate::expand::Context;
use crate::parse::{Arguments, Capture, Format};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// The way in which a result is inspected.
pub(super) enum Observer {
    /// No inspection.
    None,
    /// A check for an error if the type is a `Result`.
    ByType,
    /// A closure `|output, outcome| { .. }`. It captures nothing, so its size is zero.
    Closure(TokenStream),
}

impl Observer {
    /// Chooses the inspection from the arguments and the return type.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let Arguments { status_predicate, ret, err, .. } = context.arguments;
        match (status_predicate, ret, err) {
            (None, None, None) if context.function.returns.may_be_result() => Self::ByType,
            _ => observer(context, None).map_or(Self::None, Self::Closure),
        }
    }
}

/// Returns the closure that inspects the result, or `None` if no argument or type asks for it.
///
/// `output` is the type of the value for places where rustc cannot infer it in time.
pub(super) fn observer(context: &Context<'_>, output: Option<&TokenStream>) -> Option<TokenStream> {
    let arguments = context.arguments;
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let error = check_error(context);
    let status = match &arguments.status_predicate {
        Some(status) => {
            let predicate = &status.predicate;
            let not = (status.key == "ok_if").then(|| quote_spanned!(mixed_site=> !));
            Some(quote_spanned! {mixed_site=>
                if #not #private::test(__output, #predicate) {
                    #error
                    __outcome.fail(::core::option::Option::None);
                }
            })
        }
        None => error,
    };
    let result = arguments.ret.as_ref().map(|capture| capture_result(context, capture));
    if status.is_none() && result.is_none() {
        return None;
    }
    let ty = output.map(|ty| quote_spanned!(mixed_site=> : &#ty));
    Some(quote_spanned!(mixed_site=> |__output #ty, __outcome| { #status #result }))
}

/// Returns the closure for a future whose result is not inspected.
pub(super) fn empty_observer(context: &Context<'_>) -> TokenStream {
    quote_spanned!(context.mixed_site=> |_, _| {})
}

/// Returns the statement that marks an error.
fn check_error(context: &Context<'_>) -> Option<TokenStream> {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    match context.arguments.err.as_ref().map(|capture| capture.format) {
        None if !context.function.returns.may_be_result() => None,
        None => Some(quote_spanned! {mixed_site=> {
            use #private::outcome::AnyValue as _;
            #private::outcome::Observed(__output).observe(__outcome);
        }}),
        Some(Format::ByType) => Some(quote_spanned! {mixed_site=> {
            use #private::outcome::*;
            (&&&ObservedError(__output)).observe(__outcome);
        }}),
        Some(Format::Debug) => {
            Some(quote_spanned!(mixed_site=> #private::outcome::err_debug(__output, __outcome);))
        }
        Some(Format::Display) => {
            Some(quote_spanned!(mixed_site=> #private::outcome::err_display(__output, __outcome);))
        }
    }
}

/// Returns the statement that captures the result for `ret`.
fn capture_result(context: &Context<'_>, capture: &Capture) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let at = context.located_at(capture.span);
    let value = match capture.format {
        Format::ByType => quote_spanned!(at=> (&&&&Return(__output))),
        Format::Debug => quote_spanned!(at=> (&&ReturnDebug(__output))),
        Format::Display => quote_spanned!(at=> (&&ReturnDisplay(__output))),
    };
    let call = quote_spanned!(at=> capture);
    let import = quote!(#[allow(unused_imports)]);
    quote_spanned! {mixed_site=>
        __outcome.result(|__captured| {
            #import
            use #private::capture::*;
            #value.#call(__captured);
        });
    }
}
