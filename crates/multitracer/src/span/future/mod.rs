//! Spans of futures and streams.
#![expect(missing_docs, reason = "what the macro's output uses is documented for readers of the source only")]

pub(super) mod async_fn;
pub(super) mod boxed_future;
pub(super) mod deferred;
pub(super) mod stream;
pub(super) mod traced;
