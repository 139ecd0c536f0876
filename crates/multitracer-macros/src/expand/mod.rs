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

/// What every shape of expansion needs at hand.
struct Context<'a> {
    arguments: &'a Arguments,
    function: &'a Function,
    /// The path of the run-time half.
    private: TokenStream,
    /// Locals of this span are invisible to the user's code.
    here: Span,
}

/// Writes the function anew, in the shape that fits it.
pub(crate) fn function(arguments: &Arguments, function: Function) -> TokenStream {
    let here = Span::mixed_site();
    let root =
        arguments.krate.as_ref().map_or_else(|| quote_spanned!(here=> ::multitracer), |path| quote!(#path));
    let private = quote_spanned!(here=> #root::__private);
    let context = Context { arguments, function: &function, private, here };

    if function.asyncness.is_some() {
        return asynchronous::expand(&context);
    }
    // a closure around the body would change what `Location::caller()` says, and cannot take variadic arguments
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
    /// The function as written, with another body.
    fn with_body(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::written(self), content)
    }

    /// The same for a body that binds the arguments anew.
    fn with_body_and_parameters(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::signature(self), content)
    }

    fn with_parameters(&self, parameters: &Group, content: &TokenStream) -> TokenStream {
        let Function { asyncness, arrow, output, .. } = self.function;
        let asyncness = asyncness.as_ref().map(|token| quote!(#token));
        self.signature(asyncness, parameters, &quote!(#arrow #(#output)*), content)
    }

    fn signature(
        &self,
        asyncness: Option<TokenStream>,
        parameters: &Group,
        output: &TokenStream,
        content: &TokenStream,
    ) -> TokenStream {
        let Function { visibility, qualifiers, fn_token, name, generics, where_clause, .. } = self.function;
        let attributes = self.function.attributes.iter().map(|attribute| attribute.tokens());
        // clippy knows that the output of an `async fn` is meant, but not that of what it becomes
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

    /// `here`, pointing at something that the user wrote.
    fn at(&self, span: Span) -> Span {
        self.here.located_at(span)
    }
}

fn split_default(qualifiers: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let mut tokens = qualifiers.clone().into_iter().peekable();
    let default = tokens.next_if(|token| crate::tokens::is_ident(Some(token), "default"));
    (default.map(|token| quote!(#token)), tokens.collect())
}
