//! Functions with `#[tracing::instrument]`.

use std::hint::black_box;
use std::num::ParseIntError;

use tracing::instrument;

use super::polling::Pending;

#[inline(never)]
#[instrument(skip_all)]
pub(crate) fn bare(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
#[instrument(skip_all, err)]
pub(crate) fn result(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[instrument(skip_all)]
pub(crate) async fn bare_async(n: u64) -> u64 {
    black_box(n)
}

#[instrument(skip_all, err)]
pub(crate) async fn result_async(n: u64) -> Result<u64, ParseIntError> {
    Ok(black_box(n))
}

#[inline(never)]
#[instrument(skip_all, fields(a = n, b = "text", c = true))]
pub(crate) fn leaf(n: u64) -> u64 {
    black_box(n)
}

#[instrument(skip_all, fields(a = n, b = "text", c = true))]
pub(crate) async fn leaf_async(n: u64) -> u64 {
    black_box(n)
}

/// Makes a trace of one span more than `leaves`.
#[instrument(skip_all, fields(a = leaves, b = "text", c = true))]
pub(crate) fn trace(leaves: u64) -> u64 {
    (0..leaves).map(leaf).sum()
}

/// Makes a trace of one span more than `leaves`.
#[instrument(skip_all, fields(a = leaves, b = "text", c = true))]
pub(crate) async fn trace_async(leaves: u64) -> u64 {
    let mut sum = 0;
    for n in 0..leaves {
        sum += leaf_async(n).await;
    }
    sum
}

#[instrument(skip_all)]
pub(crate) async fn polled(times: u64) {
    Pending(times).await;
}
