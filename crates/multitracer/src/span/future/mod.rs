//! Spans of futures and streams.
#![expect(missing_docs, reason = "the items that the macro's output uses are not public")]

pub(super) mod async_fn;
pub(super) mod boxed_future;
pub(super) mod deferred;
pub(super) mod stream;
pub(super) mod traced;
