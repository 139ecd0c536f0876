//! The expansion: a function with a span around its body.

mod asynchronous;
mod block;
mod context;
mod future;
mod outcome;
mod parameters;
mod record;
mod site;
mod sync;

use self::context::Context;
use crate::parse::{Arguments, Function, Returns};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

pub(crate) use self::block::block;

/// Rewrites the function in the form that fits its kind.
pub(crate) fn function(arguments: &Arguments, function: Function) -> TokenStream {
    let mixed_site = Span::mixed_site();
    let root = arguments
        .crate_path
        .as_ref()
        .map_or_else(|| quote_spanned!(mixed_site=> ::multitracer), |path| quote!(#path));
    let private = quote_spanned!(mixed_site=> #root::__private);
    let context = Context { arguments, function: &function, private, mixed_site };

    if function.asyncness.is_some() {
        return asynchronous::expand(&context);
    }
    // a closure around the body would change `Location::caller()`, and cannot take variadic
    // arguments
    if function.has_attribute("track_caller") || function.is_variadic() {
        return sync::guarded(&context);
    }
    match function.returns {
        Returns::Never => sync::guarded(&context),
        Returns::Future(_) | Returns::Stream => future::opaque(&context),
        Returns::BoxedFuture(_) | Returns::Unknown => {
            future::boxed_at_the_end(&context).unwrap_or_else(|| sync::by_type(&context))
        }
        Returns::Unit | Returns::Plain | Returns::Value => sync::observed(&context),
    }
}
