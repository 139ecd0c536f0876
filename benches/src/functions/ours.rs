//! Functions with `#[traced]`.

use std::hint::black_box;
use std::num::ParseIntError;

use multitracer::traced;

use super::polling::Pending;

#[inline(never)]
#[traced]
pub(crate) fn bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[traced]
pub(crate) fn result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[traced]
pub(crate) async fn bare_async(n: u64) -> u64 {
    black_box(n)
}

#[traced]
pub(crate) async fn result_async(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[inline(never)]
#[traced(fields(a = n, b = "text", c = true))]
pub(crate) fn leaf(n: u64) -> u64 {
    black_box(n)
}

#[traced(fields(a = n, b = "text", c = true))]
pub(crate) async fn leaf_async(n: u64) -> u64 {
    black_box(n)
}

/// Makes a trace of one span more than `leaves`.
#[traced(fields(a = leaves, b = "text", c = true))]
pub(crate) fn trace(leaves: u64) -> u64 {
    (0..leaves).map(leaf).sum()
}

/// Makes a trace of one span more than `leaves`.
#[traced(fields(a = leaves, b = "text", c = true))]
pub(crate) async fn trace_async(leaves: u64) -> u64 {
    let mut sum = 0;
    for n in 0..leaves {
        sum += leaf_async(n).await;
    }
    sum
}

#[traced]
pub(crate) async fn polled(times: u64) {
    Pending(times).await;
}
