//! The input that every form of expansion shares, and the function around a new body.

use super::parameters;
use crate::parse::{Arguments, Function};
use crate::tokens::{braced, is_ident};
use proc_macro2::{Group, Span, TokenStream};
use quote::quote;

/// The input that every form of expansion shares.
pub(super) struct Context<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) function: &'a Function,
    /// The path of the module `__private` of `multitracer`.
    pub(super) private: TokenStream,
    /// A span whose local names are invisible to the user's code.
    pub(super) mixed_site: Span,
}

impl Context<'_> {
    /// Returns the function as written, with another body.
    pub(super) fn with_body(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::without_attr(self), content)
    }

    /// Returns the function for a body that binds the parameters itself.
    pub(super) fn with_rebinding_body(&self, content: &TokenStream) -> TokenStream {
        self.with_parameters(&parameters::rebindable(self), content)
    }

    pub(super) fn with_parameters(&self, parameters: &Group, content: &TokenStream) -> TokenStream {
        let Function { asyncness, arrow, output, .. } = self.function;
        let asyncness = asyncness.as_ref().map(|token| quote!(#token));
        self.signature(asyncness, parameters, &quote!(#arrow #(#output)*), content)
    }

    /// Assembles the function from its parts.
    pub(super) fn signature(
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
    pub(super) fn located_at(&self, span: Span) -> Span {
        self.mixed_site.located_at(span)
    }
}

/// Splits the keyword `default` from the other qualifiers.
fn split_default(qualifiers: &TokenStream) -> (Option<TokenStream>, TokenStream) {
    let mut tokens = qualifiers.clone().into_iter().peekable();
    let default = tokens.next_if(|token| is_ident(Some(token), "default"));
    (default.map(|token| quote!(#token)), tokens.collect())
}
