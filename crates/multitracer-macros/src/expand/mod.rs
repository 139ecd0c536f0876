//! The expansion: a function with a span around its body.

mod asynchronous;
mod block;
mod future;
mod outcome;
mod parameters;
mod record;
mod site;
mod sync;

use crate::parse::{Arguments, Function, Returns};
use crate::tokens::braced;
use proc_macro2::{Group, Span, TokenStream};
use quote::{quote, quote_spanned};

pub(crate) use block::block;

/// The input that every form of expansion shares.
struct Context<'a> {
    arguments: &'a Arguments,
    function: &'a Function,
    /// The path of the module `__private` of `multitracer`.
    private: TokenStream,
    /// A span whose local names are invisible to the user's code.
    mixed_site: Span,
}

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

impl Context<'_> {
    /// Returns the function as written, with another body.
    fn with_body(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::without_attr(self), content)
    }

    /// Returns the function for a body that binds the parameters itself.
    fn with_rebinding_body(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::rebindable(self), content)
    }

    fn with_parameters(&self, parameters: &Group, content: &TokenStream) -> TokenStream {
        let Function { asyncness, arrow, output, .. } = self.function;
        let asyncness = asyncness.as_ref().map(|token| quote!(#token));
        self.signature(asyncness, parameters, &quote!(#arrow #(#output)*), content)
    }

    /// Assembles the function from its parts.
    fn signature(
        &self,
        asyncness: Option<TokenStream>,
        parameters: &Group,
        output: &TokenStream,
        content: &TokenStream,
    ) -> TokenStream {
        let Function { visibility, qualifiers, fn_token, name, generics, where_clause, .. } = self.function;
        let attributes = self.function.attributes.iter().map(|attribute| attribute.tokens());
        // clippy accepts `#[must_use]` on an `async fn`, but not on the function that replaces it
        let lints = (self.function.asyncness.is_some() && self.function.has_attribute("must_use"))
            .then(|| quote!(#[allow(clippy::double_must_use)]));
        let inner = &self.function.inner_attributes;
        let body = braced(quote!(#inner #content), self.function.body.span());
        // `async` comes before `unsafe` and `extern`, `default` before all of them
        let (default, qualifiers) = split_default(qualifiers);
        quote! {
            #lints #(#attributes)* #visibility #default #asyncness #qualifiers #fn_token #name #generics #parameters #output
            #where_clause #body
        }
    }

    /// Returns `mixed_site` with the location of the user's code.
    fn located_at(&self, span: Span) -> Span {
        self.mixed_site.located_at(span)
    }
}

/// Splits the keyword `default` from the other qualifiers.
fn split_default(qualifiers: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let mut tokens = qualifiers.clone().into_iter().peekable();
    let default = tokens.next_if(|token| crate::tokens::is_ident(Some(token), "default"));
    (default.map(|token| quote!(#token)), tokens.collect())
}
