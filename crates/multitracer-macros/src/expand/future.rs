//! The expansion of functions that return a future or a stream without being `async`.

use crate::expand::Context;
use crate::expand::asynchronous::on_start;
use crate::expand::outcome::{empty_observer, observer};
use crate::expand::record::recorder;
use crate::expand::site::{Opening, items, open_block, open_expression};
use crate::expand::sync::call_body;
use crate::parse::{Returns, erase_impl};
use crate::tokens::{group, is_ident, is_punct, mentions, regroup, stream};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// Expands `-> impl Future` and `-> impl Stream`. The returned value is wrapped.
pub(super) fn opaque(context: &Context<'_>) -> TokenStream {
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let open = open_block(context, Opening::Defer);
    // the arguments no longer exist when the future is polled, so they are recorded now
    let recorder = recorder(context);
    let mutable = recorder.as_ref().map(|_| quote_spanned!(mixed_site=> mut));
    let borrow = recorder.as_ref().map(|_| quote_spanned!(mixed_site=> let __recorded = &mut __deferred;));
    let record = recorder.map(|recorder| quote_spanned!(mixed_site=> __recorded.record(#recorder);));
    let call = call_body(context, record);
    let wrapped = match &context.function.returns {
        Returns::Stream => quote_spanned!(mixed_site=> #private::TracedStream::new(__deferred, __inner)),
        returns => {
            let observer = future_observer(context, returns);
            quote_spanned!(mixed_site=> #private::Traced::observed(__deferred, __inner, #observer))
        }
    };
    context.with_rebinding_body(&quote_spanned! {mixed_site=>
        let #mutable __deferred = #open;
        #borrow
        let __inner = #call;
        #wrapped
    })
}

/// Expands a body that ends in `Box::pin(async move { .. })`, as async-trait generates it.
///
/// The inner future is wrapped before it is boxed. Statements before it stay unchanged. Returns
/// `None` for any other body.
pub(super) fn boxed_at_the_end(context: &Context<'_>) -> Option<TokenStream> {
    let statements: Vec<TokenTree> = context.function.statements.clone().into_iter().collect();
    let end = BoxPin::find(&statements)?;
    // a future that is returned early would not be traced
    if mentions(&end.before, &["return"]) {
        return None;
    }
    let (private, mixed_site) = (&context.private, context.mixed_site);
    let (items, opened) = (items(context), open_expression(context, Opening::Defer));
    let (mut mutable, mut early, mut late) = (None, None, None);
    if let Some(recorder) = recorder(context) {
        // only async-trait is known to move all arguments into the block, so others record early
        if mentions(&context.function.generics, &["async_trait"]) {
            late = Some(on_start(context, &recorder));
        } else {
            mutable = Some(quote_spanned!(mixed_site=> mut));
            early = Some(quote_spanned!(mixed_site=> __deferred.record(#recorder);));
        }
    }
    let (asyncness, block) = (&end.asyncness, end.block.stream());
    let block = regroup(&end.block, quote!(#late #block));
    let observer = future_observer(context, &context.function.returns);
    let traced =
        quote_spanned!(mixed_site=> #private::Traced::observed(__deferred, #asyncness #block, #observer));
    let parens = regroup(&end.parens, traced);
    let (before, path) = (&end.before, &end.path);
    let opened = quote_spanned!(mixed_site=> #items let #mutable __deferred = #opened; #early);
    Some(context.with_body(&quote!(#opened #before #path #parens)))
}

/// Returns the observer for the output of a future.
fn future_observer(context: &Context<'_>, returns: &Returns) -> TokenStream {
    let output = match returns {
        Returns::Future(Some(output)) | Returns::BoxedFuture(output) => {
            let tokens: Vec<TokenTree> = output.clone().into_iter().collect();
            Some(erase_impl(&tokens))
        }
        _ => None,
    };
    observer(context, output.as_ref()).unwrap_or_else(|| empty_observer(context))
}

/// A body of the form `.. Box::pin(async move { .. })`.
struct BoxPin {
    /// The statements before the last expression.
    before: TokenStream,
    /// The path of `Box::pin`.
    path: TokenStream,
    parens: Group,
    /// The keywords `async` or `async move`.
    asyncness: TokenStream,
    block: Group,
}

impl BoxPin {
    /// Finds the form in the statements of a body.
    fn find(statements: &[TokenTree]) -> Option<Self> {
        let (last, rest) = statements.split_last()?;
        let parens = group(Some(last), Delimiter::Parenthesis)?;
        let [
            ..,
            TokenTree::Ident(class),
            TokenTree::Punct(_),
            TokenTree::Punct(colon),
            TokenTree::Ident(method),
        ] = rest
        else {
            return None;
        };
        if class != "Box" || colon.as_char() != ':' || method != "pin" {
            return None;
        }
        let argument: Vec<TokenTree> = parens.stream().into_iter().collect();
        let (block, asyncness) = argument.split_last()?;
        let block = group(Some(block), Delimiter::Brace)?;
        let is_async = is_ident(asyncness.first(), "async")
            && (asyncness.len() == 1 || asyncness.len() == 2 && is_ident(asyncness.get(1), "move"));
        if !is_async {
            return None;
        }
        // go back to the start of a path such as `::std::boxed::Box`
        let mut start = rest.len() - 4;
        while start >= 2 && is_punct(rest.get(start - 1), ':') && is_punct(rest.get(start - 2), ':') {
            start -= 2;
            if start > 0 && matches!(rest.get(start - 1), Some(TokenTree::Ident(_))) {
                start -= 1;
            }
        }
        Some(Self {
            before: stream(&rest[..start]),
            path: stream(&rest[start..]),
            parens: parens.clone(),
            asyncness: stream(asyncness),
            block: block.clone(),
        })
    }
}
