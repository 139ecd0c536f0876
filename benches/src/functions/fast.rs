//! Functions with fastrace.

use std::hint::black_box;
use std::num::ParseIntError;

use fastrace::collector::SpanContext;
use fastrace::future::FutureExt as _;
use fastrace::{Span, trace as fastrace};

use super::polling::Pending;

#[inline(never)]
#[fastrace(name = "bare")]
pub(crate) fn bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[fastrace(name = "result")]
pub(crate) fn result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[fastrace(name = "bare")]
pub(crate) async fn bare_async(n: u64) -> u64 {
    black_box(n)
}

#[fastrace(name = "result")]
pub(crate) async fn result_async(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[inline(never)]
#[fastrace(name = "leaf", properties = { "a": "{n}", "b": "text", "c": "true" })]
pub(crate) fn leaf(n: u64) -> u64 {
    black_box(n)
}

#[fastrace(name = "leaf", properties = { "a": "{n}", "b": "text", "c": "true" })]
pub(crate) async fn leaf_async(n: u64) -> u64 {
    black_box(n)
}

/// Starts the root span of a trace.
fn root(n: u64, is_sampled: bool) -> Span {
    Span::root("trace", SpanContext::random().sampled(is_sampled)).with_properties(|| {
        [("a", n.to_string().into()), ("b", "text".into()), ("c", std::borrow::Cow::Borrowed("true"))]
    })
}

/// Makes a trace of one span more than `leaves`.
#[inline(never)]
pub(crate) fn trace(leaves: u64, is_sampled: bool) -> u64 {
    let root = root(leaves, is_sampled);
    let _attached = root.set_local_parent();
    (0..leaves).map(leaf).sum()
}

/// Makes a trace of one span more than `leaves`.
pub(crate) async fn trace_async(leaves: u64) -> u64 {
    let inside = async move {
        let mut sum = 0;
        for n in 0..leaves {
            sum += leaf_async(n).await;
        }
        sum
    };
    inside.in_span(root(leaves, true)).await
}

pub(crate) async fn polled(times: u64) {
    Pending(times).in_span(root(times, true)).await;
}
