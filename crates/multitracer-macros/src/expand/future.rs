//! Functions that are not `async` but return a future or a stream.

use crate::expand::Context;
use crate::expand::asynchronous::on_start;
use crate::expand::outcome::{closure, nothing};
use crate::expand::record::recorder;
use crate::expand::site::{Opening, items, open, opened};
use crate::expand::sync::call;
use crate::parse::{Returns, erase_impl};
use crate::tokens::{group, is_ident, is_punct, mentions, regroup, stream};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// `-> impl Future` and `-> impl Stream`: the value that the body gives is wrapped.
pub(super) fn opaque(context: &Context<'_>) -> TokenStream {
    let (private, here) = (&context.private, context.here);
    let open = open(context, Opening::Defer);
    // the arguments are gone when the future is polled, so they are looked at now
    let (mutable, borrow, record) = match recorder(context) {
        Some(recorder) => (
            Some(quote_spanned!(here=> mut)),
            Some(quote_spanned!(here=> let __recorded = &mut __deferred;)),
            Some(quote_spanned!(here=> __recorded.record(#recorder);)),
        ),
        None => (None, None, None),
    };
    let call = call(context, record);
    let wrapped = match &context.function.returns {
        Returns::Stream => quote_spanned!(here=> #private::TracedStream::new(__deferred, __inner)),
        returns => {
            let observer = future_observer(context, returns);
            quote_spanned!(here=> #private::Traced::observed(__deferred, __inner, #observer))
        }
    };
    context.with_body_and_parameters(&quote_spanned! {here=>
        let #mutable __deferred = #open;
        #borrow
        let __inner = #call;
        #wrapped
    })
}

/// A body that ends in `Box::pin(async move { .. })`, as async-trait writes it: the inner future is wrapped before it is boxed.
/// Statements before it stay where they are.
pub(super) fn boxed_at_the_end(context: &Context<'_>) -> Option<TokenStream> {
    let statements: Vec<TokenTree> = context.function.statements.clone().into_iter().collect();
    let end = BoxPin::find(&statements)?;
    // what is returned early would go untraced
    if mentions(&end.before, &["return"]) {
        return None;
    }
    let (private, here) = (&context.private, context.here);
    let (items, opened) = (items(context), opened(context, Opening::Defer));
    let (mut mutable, mut early, mut late) = (None, None, None);
    if let Some(recorder) = recorder(context) {
        // only async-trait is known to move all arguments into the block
        if mentions(&context.function.generics, &["async_trait"]) {
            late = Some(on_start(context, &recorder));
        } else {
            mutable = Some(quote_spanned!(here=> mut));
            early = Some(quote_spanned!(here=> __deferred.record(#recorder);));
        }
    }
    let (asyncness, block) = (&end.asyncness, end.block.stream());
    let block = regroup(&end.block, quote!(#late #block));
    let observer = future_observer(context, &context.function.returns);
    let traced = quote_spanned!(here=> #private::Traced::observed(__deferred, #asyncness #block, #observer));
    let parens = regroup(&end.parens, traced);
    let (before, path) = (&end.before, &end.path);
    let opened = quote_spanned!(here=> #items let #mutable __deferred = #opened; #early);
    Some(context.with_body(&quote!(#opened #before #path #parens)))
}

fn future_observer(context: &Context<'_>, returns: &Returns) -> TokenStream {
    let output = match returns {
        Returns::Future(Some(output)) | Returns::BoxedFuture(output) => {
            let tokens: Vec<TokenTree> = output.clone().into_iter().collect();
            Some(erase_impl(&tokens))
        }
        _ => None,
    };
    closure(context, output.as_ref()).unwrap_or_else(|| nothing(context))
}

/// `.. Box::pin(async move { .. })`
struct BoxPin {
    before: TokenStream,
    path: TokenStream,
    parens: Group,
    asyncness: TokenStream,
    block: Group,
}

impl BoxPin {
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
        // `::std::boxed::Box`
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
